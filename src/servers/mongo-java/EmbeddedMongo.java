import de.bwaldvogel.mongo.MongoServer;
import java.net.InetSocketAddress;
import org.h2.mvstore.MVStore;

/** Speaks MongoDB's protocol, for one machine. Arguments: port and file. Ends when its standard input does. */
public class EmbeddedMongo {
  /** Room for about ten thousand experiments: a cache that cannot hold what is read repeatedly is of no use. */
  static final int CACHE_MB = 512;

  /** Format of the file. In format 0, documents were serialised Java objects; in format 1, indexes had one field. */
  static final int FORMAT = 2;

  public static void main(String[] arguments) throws Exception {
    try {
      serve(arguments);
    } catch (Throwable reason) {
      // The server's threads would keep this process alive, although nothing listens.
      reason.printStackTrace();
      System.err.println(rootOf(reason).getMessage());
      System.exit(1);
    }
  }

  static Throwable rootOf(Throwable reason) {
    return reason.getCause() == null ? reason : rootOf(reason.getCause());
  }

  static void serve(String[] arguments) throws Exception {
    MVStore store = new MVStore.Builder().fileName(arguments[1]).autoCommitDisabled().cacheSize(CACHE_MB).open();
    if (store.getMapNames().isEmpty()) store.setStoreVersion(FORMAT);
    if (store.getStoreVersion() != FORMAT) {
      System.err.println(
          arguments[1] + " was written by another version of Rampart: set RAMPART_DATA_DIR to another folder");
      System.exit(1);
    }
    MongoServer server = new MongoServer(new DurableBackend(store));
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("ready");
    while (System.in.read() != -1) {}
    System.exit(0);
  }
}
