import de.bwaldvogel.mongo.bson.Document;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.h2.mvstore.MVMap;

/** Entries of a secondary index: values, then the position of the document that has them. */
class IndexRange {
  /** Behind every value of the types in an index. */
  private static final Object LAST = new Object[0];

  /** From the entries that begin with {@code low} to those that begin with {@code high}, both included. */
  static class Span {
    private final Object[] low;
    private final Object[] high;

    Span(Object[] low, Object[] high) {
      this.low = low;
      this.high = Arrays.copyOf(high, high.length + 1);
      this.high[high.length] = LAST;
    }
  }

  private final MVMap<Object[], Boolean> entries;
  private final List<Span> spans;
  private final String order;

  /** @param order the field by whose values the entries of the only span are in order; null where there are several spans */
  IndexRange(MVMap<Object[], Boolean> entries, List<Span> spans, String order) {
    this.entries = entries;
    this.spans = spans;
    this.order = order;
  }

  /** How many entries these are, without reading them. */
  long size() {
    return spans.stream().mapToLong(span -> Math.max(0, rankOf(span.high) - rankOf(span.low))).sum();
  }

  private long rankOf(Object[] key) {
    long index = entries.getKeyIndex(key);
    return index < 0 ? -index - 1 : index;
  }

  /** Whether the entries are in this order, or in its reverse. */
  boolean isInOrder(Document orderBy) {
    return order != null && orderBy.keySet().equals(Set.of(order));
  }

  /** Positions of the documents, each once; read only as far as somebody asks. */
  Stream<Object> positions(boolean isDescending) {
    return spans.stream().flatMap(span -> positions(span, isDescending)).distinct();
  }

  private Stream<Object> positions(Span span, boolean isDescending) {
    Iterator<Object[]> keys =
        isDescending ? entries.cursor(span.high, span.low, true) : entries.cursor(span.low, span.high, false);
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(keys, Spliterator.ORDERED), false)
        .map(key -> key[key.length - 1]);
  }
}
