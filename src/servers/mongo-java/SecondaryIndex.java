import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.bson.Document;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.h2.mvstore.MVMap;

/**
 * An index that is not unique, on the first two of its fields. The server has no such index, and would read all documents.
 * Entries are the values of the fields, then the position, which is the document's {@code _id}: an index on one field is
 * one on {@code _id} behind it, too. Only documents whose first value is a string, a number or a boolean have an entry; a
 * second value that is none of these is kept as null, which is right for order as long as it is null.
 */
class SecondaryIndex extends Index<Object> {
  private static final Set<String> BOUNDS = Set.of("$gt", "$gte", "$lt", "$lte");

  private final MVMap<Object[], Boolean> entries;
  private final String first;
  private final String second;

  SecondaryIndex(MVMap<Object[], Boolean> entries, String name, List<IndexKey> keys) {
    // Sparse: then the server allows documents without an entry.
    super(name, keys, true);
    this.entries = entries;
    this.first = keys.get(0).getKey();
    this.second = keys.size() > 1 ? keys.get(1).getKey() : "_id";
  }

  /** The entries with all documents that can meet a query, and some that do not; null where the index is of no use. */
  IndexRange rangeOf(Document query) {
    Object condition = query.get(first);
    if (isIndexed(condition)) return rangeOf(List.of(condition), query);
    if (!(condition instanceof Document)) return null;
    Document operators = (Document) condition;
    if (operators.get("$in") instanceof Collection) {
      Collection<?> values = (Collection<?>) operators.get("$in");
      return values.stream().allMatch(this::isIndexed) ? rangeOf(values, query) : null;
    }
    boolean isBounded =
        !operators.isEmpty()
            && operators.entrySet().stream()
                .allMatch(bound -> BOUNDS.contains(bound.getKey()) && isIndexed(bound.getValue()));
    if (!isBounded) return null;
    return new IndexRange(entries, List.of(spanOf(new Object[0], operators)), null);
  }

  private IndexRange rangeOf(Collection<?> values, Document query) {
    List<IndexRange.Span> spans = new ArrayList<>();
    for (Object value : values) spans.add(spanOf(new Object[] {normalized(value)}, query.get(second)));
    return new IndexRange(entries, spans, spans.size() == 1 ? second : null);
  }

  /** Entries that begin with {@code prefix} and whose next value can meet a condition. */
  private IndexRange.Span spanOf(Object[] prefix, Object condition) {
    if (isIndexed(condition)) return new IndexRange.Span(with(prefix, condition), with(prefix, condition));
    if (!(condition instanceof Document)) return new IndexRange.Span(prefix, prefix);
    Document operators = (Document) condition;
    Object least = operators.getOrDefault("$gte", operators.get("$gt"));
    Object most = operators.getOrDefault("$lte", operators.get("$lt"));
    return new IndexRange.Span(
        isIndexed(least) ? with(prefix, least) : prefix, isIndexed(most) ? with(prefix, most) : prefix);
  }

  private static Object[] with(Object[] prefix, Object value) {
    Object[] longer = Arrays.copyOf(prefix, prefix.length + 1);
    longer[prefix.length] = normalized(value);
    return longer;
  }

  /** A number of any type as a double, as in the entries. */
  private static Object normalized(Object value) {
    return new KeyValue(value).normalized().get(0);
  }

  @Override
  public boolean canHandle(Document query) {
    // DocumentCollection chooses among the ranges of all indexes.
    return false;
  }

  @Override
  public Iterable<Object> getPositions(Document query) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void add(Document document, Object position, MongoCollection<Object> collection) {
    for (Object[] values : valuesOf(document)) entries.put(entryOf(values, position), true);
  }

  @Override
  public Object remove(Document document) {
    Object position = document.get("_id");
    for (Object[] values : valuesOf(document)) entries.remove(entryOf(values, position));
    return null;
  }

  @Override
  public void updateInPlace(Document before, Document after, Object position, MongoCollection<Object> collection) {
    if (nullAwareEqualsKeys(before, after)) return;
    remove(before);
    add(after, position, collection);
  }

  private static Object[] entryOf(Object[] values, Object position) {
    return new Object[] {values[0], values[1], position};
  }

  private List<Object[]> valuesOf(Document document) {
    return getKeyValues(document).stream()
        .filter(values -> isIndexed(values.get(0)))
        .map(values -> new Object[] {values.get(0), secondOf(values, document)})
        .collect(Collectors.toList());
  }

  private Object secondOf(KeyValue values, Document document) {
    Object value = values.size() > 1 ? values.get(1) : normalized(document.get("_id"));
    return isIndexed(value) ? value : null;
  }

  private boolean isIndexed(Object value) {
    return value instanceof String || value instanceof Number || value instanceof Boolean;
  }

  @Override
  public Object getPosition(Document document) {
    return null;
  }

  @Override
  public void checkAdd(Document document, MongoCollection<Object> collection) {}

  @Override
  public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {}

  @Override
  public long getCount() {
    return entries.sizeAsLong();
  }

  @Override
  public long getDataSize() {
    return getCount();
  }

  @Override
  public void drop() {}
}
