import de.bwaldvogel.mongo.MongoServer;
import java.net.InetSocketAddress;
import org.h2.mvstore.MVStore;

/** A MongoDB-protocol server for one machine: port and file as arguments. Ends when its standard input does. */
public class EmbeddedMongo {
  static final int CACHE_MB = 256;

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
    MongoServer server = new MongoServer(new DurableBackend(store));
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("ready");
    while (System.in.read() != -1) {}
    System.exit(0);
  }
}
