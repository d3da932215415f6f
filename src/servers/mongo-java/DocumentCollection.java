import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DocumentWithPosition;
import de.bwaldvogel.mongo.backend.QueryResult;
import de.bwaldvogel.mongo.backend.h2.H2Collection;
import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.Iterator;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
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
 * <p>The map also serves conditions on {@code _id} together with others, and orders by {@code _id}; the superclass uses
 * it for {@code _id} alone.
 */
class DocumentCollection extends H2Collection {
  private final MVMap<Object, Document> documents;

  DocumentCollection(
      MongoDatabase database,
      String name,
      CollectionOptions options,
      MVMap<Object, Document> documents,
      MVMap<String, Object> meta,
      CursorRegistry cursors) {
    super(database, name, options, documents, meta, cursors);
    this.documents = documents;
  }

  @Override
  protected Document getDocument(Object position) {
    return super.getDocument(position).clone();
  }

  @Override
  protected Stream<DocumentWithPosition<Object>> streamAllDocumentsWithPosition() {
    return super.streamAllDocumentsWithPosition()
        .map(found -> new DocumentWithPosition<>(found.getDocument().clone(), found.getPosition()));
  }

  @Override
  protected QueryResult matchDocuments(
      Document query, Document orderBy, int skip, int limit, int batchSize, Document fields) {
    if (isNaturalDescending(orderBy)) return super.matchDocuments(query, orderBy, skip, limit, batchSize, fields);
    Document order = isOrderOfMap(orderBy) ? null : orderBy;
    Object id = query.get("_id");
    Document rest = query;
    if (listOf(id) != null) {
      // Every candidate is one of these. The server would compare each with the whole list again.
      rest = query.clone();
      rest.remove("_id");
    }
    return matchDocumentsFromStream(candidates(id), rest, order, skip, limit, batchSize, fields);
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

  /** Copies of the documents that may meet a condition on {@code _id}, in the order of the map. */
  private Stream<Document> candidates(Object condition) {
    if (condition instanceof String) return one(condition);
    Collection<?> ids = listOf(condition);
    if (ids != null) return new TreeSet<>(ids).stream().flatMap(this::one);
    if (condition instanceof Document) {
      Document range = (Document) condition;
      Object least = range.getOrDefault("$gte", range.get("$gt"));
      if (least instanceof String) return from((String) least);
    }
    return from(null);
  }

  private Stream<Document> one(Object id) {
    return Stream.ofNullable(documents.get(id)).map(Document::clone);
  }

  private Stream<Document> from(String id) {
    Cursor<Object, Document> cursor = documents.cursor(id);
    Iterator<Document> values =
        new Iterator<>() {
          public boolean hasNext() {
            return cursor.hasNext();
          }

          public Document next() {
            cursor.next();
            return cursor.getValue().clone();
          }
        };
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(values, Spliterator.ORDERED), false);
  }

  /** The map orders strings as queries do; it might not do so with keys of several types. */
  private boolean isOrderOfMap(Document orderBy) {
    if (orderBy == null || orderBy.isEmpty()) return true;
    boolean byId = orderBy.keySet().equals(Set.of("_id")) && ((Number) orderBy.get("_id")).intValue() == 1;
    return byId && documents.firstKey() instanceof String && documents.lastKey() instanceof String;
  }
}
