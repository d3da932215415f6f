import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;

/**
 * A collection whose stored documents never change. In the superclass, an update changes the stored document in place
 * while an answer with it may still be being sent, or a commit may be writing it. Then two findAndModify get the same
 * answer, and readers and the file get halves of two documents. Here every reader and writer gets a copy, of the first
 * level only, because updates replace the values there.
 *
 * <p>The map also serves ranges of {@code _id}, together with other conditions, and orders by {@code _id}; the superclass
 * uses it for {@code _id} alone. Of the secondary indexes, the one with the fewest entries for a query serves it, and its
 * order, if it can.
 */
class DocumentCollection extends H2Collection {
  /** A range that serves the order of a query with a limit is taken if it is not larger than others by more than this. */
  private static final int EARLY_END = 10;

  private final MVMap<Object, Document> documents;
  private final LongAdder examined;
  private final Function<Index<Object>, SecondaryIndex> rangesOf;

  /**
   * @param examined counts the documents that queries look at
   * @param rangesOf a secondary index on the fields of an index
   */
  DocumentCollection(
      MongoDatabase database,
      String name,
      CollectionOptions options,
      MVMap<Object, Document> documents,
      MVMap<String, Object> meta,
      CursorRegistry cursors,
      LongAdder examined,
      Function<Index<Object>, SecondaryIndex> rangesOf) {
    super(database, name, options, documents, meta, cursors);
    this.documents = documents;
    this.examined = examined;
    this.rangesOf = rangesOf;
  }

  /** The server's unique index on several fields serves only queries that give them all. */
  @Override
  public void addIndex(Index<Object> index) {
    super.addIndex(index);
    if (index.isUnique() && index.getKeys().size() > 1) super.addIndex(rangesOf.apply(index));
  }

  @Override
  protected Document getDocument(Object position) {
    examined.increment();
    return super.getDocument(position).clone();
  }

  @Override
  protected Stream<DocumentWithPosition<Object>> streamAllDocumentsWithPosition() {
    return super.streamAllDocumentsWithPosition()
        .map(found -> new DocumentWithPosition<>(copyOf(found.getDocument()), found.getPosition()));
  }

  private Document copyOf(Document document) {
    examined.increment();
    return document.clone();
  }

  @Override
  protected QueryResult queryDocuments(
      Document query, Document orderBy, int skip, int limit, int batchSize, Document fields) {
    Document wanted = orderBy == null || limit == 0 ? new Document() : orderBy;
    Optional<IndexRange> range = isOfIds(query.get("_id")) ? Optional.empty() : bestRange(query, wanted);
    if (range.isEmpty()) return super.queryDocuments(query, orderBy, skip, limit, batchSize, fields);
    boolean isInOrder = orderBy != null && range.get().isInOrder(orderBy);
    Stream<Document> found =
        range.get().positions(isInOrder && isDescending(orderBy)).map(this::getDocument);
    return matchDocumentsFromStream(found, query, isInOrder ? null : orderBy, skip, limit, batchSize, fields);
  }

  /** The range with the fewest entries. One in the wanted order is not read to its end, as a rule. */
  private Optional<IndexRange> bestRange(Document query, Document wanted) {
    return getIndexes().stream()
        .filter(SecondaryIndex.class::isInstance)
        .map(index -> ((SecondaryIndex) index).rangeOf(query))
        .filter(Objects::nonNull)
        .min(Comparator.comparingLong(range -> range.size() / (range.isInOrder(wanted) ? EARLY_END : 1)));
  }

  @Override
  protected QueryResult matchDocuments(
      Document query, Document orderBy, int skip, int limit, int batchSize, Document fields) {
    if (isNaturalDescending(orderBy)) return super.matchDocuments(query, orderBy, skip, limit, batchSize, fields);
    boolean isInOrder = isOrderOfMap(orderBy);
    Object id = query.get("_id");
    Document rest = query;
    if (listOf(id) != null) {
      // Every candidate is one of these. The server would compare each with the whole list again.
      rest = query.clone();
      rest.remove("_id");
    }
    Stream<Document> found = candidates(id, isInOrder && isDescending(orderBy));
    return matchDocumentsFromStream(found, rest, isInOrder ? null : orderBy, skip, limit, batchSize, fields);
  }

  /** Whether a condition names the documents one by one. */
  private static boolean isOfIds(Object condition) {
    return condition instanceof String || listOf(condition) != null;
  }

  /** The ids of a condition that is nothing but a list of strings; else null. */
  private static Collection<?> listOf(Object condition) {
    if (!(condition instanceof Document)) return null;
    Document list = (Document) condition;
    if (list.size() != 1 || !(list.get("$in") instanceof Collection)) return null;
    Collection<?> ids = (Collection<?>) list.get("$in");
    return ids.stream().allMatch(String.class::isInstance) ? ids : null;
  }

  /** Nobody asks for the size of the data, for which every document would be measured at every change. */
  @Override
  protected boolean tracksDataSize() {
    return false;
  }

  /** Copies of the documents that may meet a condition on {@code _id}, in the order of the map or its reverse. */
  private Stream<Document> candidates(Object condition, boolean isDescending) {
    if (condition instanceof String) return one(condition);
    Collection<?> ids = listOf(condition);
    if (ids != null) {
      TreeSet<Object> sorted = new TreeSet<>(ids);
      return (isDescending ? sorted.descendingSet() : sorted).stream().flatMap(this::one);
    }
    if (!(condition instanceof Document) || !hasKeysOfOneType()) return between(null, null, isDescending);
    Document range = (Document) condition;
    return between(
        bound(range.getOrDefault("$gte", range.get("$gt"))),
        bound(range.getOrDefault("$lte", range.get("$lt"))),
        isDescending);
  }

  private Object bound(Object id) {
    return documents.firstKey().getClass().isInstance(id) ? id : null;
  }

  private Stream<Document> one(Object id) {
    return Stream.ofNullable(documents.get(id)).map(this::copyOf);
  }

  /** Both included; null for no bound. */
  private Stream<Document> between(Object least, Object most, boolean isDescending) {
    Cursor<Object, Document> cursor =
        isDescending ? documents.cursor(most, least, true) : documents.cursor(least, most, false);
    Iterator<Document> values =
        new Iterator<>() {
          public boolean hasNext() {
            return cursor.hasNext();
          }

          public Document next() {
            cursor.next();
            return copyOf(cursor.getValue());
          }
        };
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(values, Spliterator.ORDERED), false);
  }

  private boolean isOrderOfMap(Document orderBy) {
    if (orderBy == null || orderBy.isEmpty()) return true;
    return orderBy.keySet().equals(Set.of("_id")) && hasKeysOfOneType();
  }

  /** Of one type, the map orders keys as queries do; it might not do so with several. */
  private boolean hasKeysOfOneType() {
    Object first = documents.firstKey();
    return (first instanceof String || first instanceof Integer) && first.getClass().isInstance(documents.lastKey());
  }

  private static boolean isDescending(Document orderBy) {
    return orderBy != null && !orderBy.isEmpty() && ((Number) orderBy.values().iterator().next()).intValue() < 0;
  }
}
