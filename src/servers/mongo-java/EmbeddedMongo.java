import de.bwaldvogel.mongo.MongoServer;
import java.net.InetSocketAddress;
import org.h2.mvstore.MVStore;

/** A MongoDB-protocol server for one machine: port and file as arguments. Ends when its standard input does. */
public class EmbeddedMongo {
  /** Room for some ten thousand experiments; a cache that cannot hold what is read again and again is of no use. */
  static final int CACHE_MB = 512;

  /** Of the file: documents were serialised Java objects before. */
  static final int FORMAT = 1;

  public static void main(String[] arguments) throws Exception {
    try {
      serve(arguments);
    } catch (Throwable reason) {
      // Threads of the server would keep this process alive, listening to nobody.
      reason.printStackTrace();
      System.exit(1);
    }
  }

  static void serve(String[] arguments) throws Exception {
    MVStore store = new MVStore.Builder().fileName(arguments[1]).autoCommitDisabled().cacheSize(CACHE_MB).open();
    if (store.getMapNames().isEmpty()) store.setStoreVersion(FORMAT);
    if (store.getStoreVersion() != FORMAT) {
      System.err.println(arguments[1] + " is of another version of Rampart: set RAMPART_DATA_DIR to another folder");
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
