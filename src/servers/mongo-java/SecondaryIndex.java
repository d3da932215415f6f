import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.h2.mvstore.MVMap;

/**
 * An index that is not unique, on the first of its fields. The server has no such index, and would read all documents.
 * Entries are pairs of value and position, for strings, numbers and booleans only. The index serves queries for such
 * values, and the server checks everything that it finds against the whole query.
 */
class SecondaryIndex extends Index<Object> {
  private static final Set<String> BOUNDS = Set.of("$gt", "$gte", "$lt", "$lte");

  private final MVMap<Object[], Boolean> entries;
  private final String field;

  SecondaryIndex(MVMap<Object[], Boolean> entries, String name, List<IndexKey> keys) {
    // Sparse: then the server allows documents without an entry.
    super(name, keys, true);
    this.entries = entries;
    this.field = keys.get(0).getKey();
  }

  @Override
  public boolean canHandle(Document query) {
    if (isIndexed(query.get("_id"))) return false;
    if (!(query.get(field) instanceof Document)) return isIndexed(query.get(field));
    Document condition = (Document) query.get(field);
    if (condition.get("$in") instanceof Collection) {
      return ((Collection<?>) condition.get("$in")).stream().allMatch(this::isIndexed);
    }
    return !condition.isEmpty()
        && condition.entrySet().stream().allMatch(bound -> BOUNDS.contains(bound.getKey()) && isIndexed(bound.getValue()));
  }

  @Override
  public Iterable<Object> getPositions(Document query) {
    Set<Object> positions = new LinkedHashSet<>();
    if (!(query.get(field) instanceof Document)) {
      collect(query.get(field), query.get(field), positions::add);
      return positions;
    }
    Document condition = (Document) query.get(field);
    if (condition.get("$in") instanceof Collection) {
      for (Object value : (Collection<?>) condition.get("$in")) collect(value, value, positions::add);
    } else {
      Object least = condition.getOrDefault("$gte", condition.get("$gt"));
      Object most = condition.getOrDefault("$lte", condition.get("$lt"));
      collect(least, most, positions::add);
    }
    return positions;
  }

  /** Positions of the values from {@code least} to {@code most}, both included; null for no bound. */
  private void collect(Object least, Object most, Consumer<Object> found) {
    Object[] last = most == null ? null : normalized(most);
    Iterator<Object[]> keys = entries.keyIterator(least == null ? null : normalized(least));
    while (keys.hasNext()) {
      Object[] key = keys.next();
      if (last != null && entries.getKeyType().compare(new Object[] {key[0]}, last) > 0) return;
      found.accept(key[1]);
    }
  }

  /** Numbers of all types as doubles, as in the entries. */
  private static Object[] normalized(Object value) {
    return new KeyValue(value).normalized().stream().toArray();
  }

  @Override
  public void add(Document document, Object position, MongoCollection<Object> collection) {
    for (Object value : valuesOf(document)) entries.put(new Object[] {value, position}, true);
  }

  @Override
  public Object remove(Document document) {
    Object position = document.get("_id");
    for (Object value : valuesOf(document)) entries.remove(new Object[] {value, position});
    return null;
  }

  @Override
  public void updateInPlace(Document before, Document after, Object position, MongoCollection<Object> collection) {
    if (nullAwareEqualsKeys(before, after)) return;
    remove(before);
    add(after, position, collection);
  }

  private Set<Object> valuesOf(Document document) {
    return getKeyValues(document).stream().map(values -> values.get(0)).filter(this::isIndexed).collect(Collectors.toSet());
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
