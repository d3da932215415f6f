import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CollectionOptions;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import io.netty.channel.Channel;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;

/**
 * Commits before it answers, reads as well as writes, so that a crash never takes back what a client was told. The
 * superclass commits once a second.
 */
class DurableBackend extends H2Backend {
  /** Commands share it and a commit holds it alone: no commit finds a document without its indexes, or half a command. */
  private final ReadWriteLock commands = new ReentrantReadWriteLock();

  private final FailPoint failPoint = FailPoint.fromEnvironment();

  /**
   * Documents that queries and updates have looked at, but for the lists of collections and indexes. Static, because the
   * superclass opens collections before this class has its fields.
   */
  private static final LongAdder EXAMINED = new LongAdder();

  DurableBackend(MVStore store) {
    super(store);
    version(new Version5());
  }

  @Override
  public Document handleCommand(Channel channel, String database, String command, Document query) {
    if (failPoint.isSetBy(command)) return failPoint.set(query);
    Document refusal = failPoint.insteadOf(command);
    if (refusal != null) return refusal;
    Document answer;
    try {
      answer = carryOut(channel, database, command, query);
    } catch (RuntimeException error) {
      endIfBroken();
      throw error;
    }
    return failPoint.after(command, answer);
  }

  /**
   * Drivers ask these to see whether the server is there, and give up all their connections where the answer is late. They
   * report nothing that a crash could take back, so they wait for nobody.
   */
  private static final Set<String> SIGNS_OF_LIFE = Set.of("ismaster", "hello", "ping");

  private Document carryOut(Channel channel, String database, String command, Document query) {
    if (SIGNS_OF_LIFE.contains(command.toLowerCase(Locale.ROOT)))
      return super.handleCommand(channel, database, command, query);
    Document answer;
    commands.readLock().lock();
    try {
      answer = super.handleCommand(channel, database, command, query);
    } finally {
      commands.readLock().unlock();
    }
    if (getMvStore().hasUnsavedChanges()) commit();
    if (command.equalsIgnoreCase("serverStatus")) answer.put("metrics", metrics());
    return answer;
  }

  /** As mongod names it. */
  private Document metrics() {
    return new Document("queryExecutor", new Document("scannedObjects", EXAMINED.sum()));
  }

  /**
   * A store that could not write closes itself for good, for example when the disk is full. Then this process ends, and
   * whoever watches over it starts it again: by then there may be room.
   */
  private void endIfBroken() {
    if (!getMvStore().isClosed() && getMvStore().getPanicException() == null) return;
    Throwable reason = getMvStore().getPanicException();
    System.err.println(
        "the store cannot be written any more" + (reason == null ? "" : ": " + EmbeddedMongo.rootOf(reason).getMessage()));
    Runtime.getRuntime().halt(2);
  }

  @Override
  public void commit() {
    commands.writeLock().lock();
    try {
      // Does nothing if another thread's commit included everything.
      getMvStore().commit();
    } finally {
      commands.writeLock().unlock();
    }
  }

  @Override
  protected MongoDatabase openOrCreateDatabase(String name) {
    MVStore store = getMvStore();
    return new H2Database(name, store, getCursorRegistry()) {
      @Override
      protected MongoCollection<Object> openOrCreateCollection(String collection, CollectionOptions options) {
        String full = name + "." + collection;
        MVMap<Object, Document> documents =
            store.openMap("databases." + full, new MVMap.Builder<Object, Document>().valueType(new BsonType()));
        return new DocumentCollection(
            this,
            collection,
            options,
            documents,
            store.openMap("meta." + full),
            cursorRegistry,
            collection.startsWith("system.") ? new LongAdder() : EXAMINED,
            index -> openOrCreateSecondaryIndex(collection, index.getName() + "_ranges", index.getKeys(), true));
      }

      @Override
      protected SecondaryIndex openOrCreateSecondaryIndex(
          String collection, String index, List<IndexKey> keys, boolean sparse) {
        return new SecondaryIndex(store.openMap(name + "." + collection + "._index_" + index), index, keys);
      }
    };
  }

  /** The driver refuses the versions that the server offers. */
  private static class Version5 implements MongoVersion {
    public List<Integer> getVersionArray() {
      return List.of(5, 0, 0);
    }

    public int getWireVersion() {
      return 13;
    }

    public String toVersionString() {
      return "5.0.0";
    }
  }
}
