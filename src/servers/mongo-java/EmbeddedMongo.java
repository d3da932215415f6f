import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import org.h2.mvstore.MVStore;

/** A MongoDB-protocol server for one machine: port and file as arguments. Ends when its standard input does. */
public class EmbeddedMongo {
  /** Reads that no index serves go over all documents: let them find those in memory. */
  static final int CACHE_MB = 128;
  static final Set<String> WRITES =
      Set.of("insert", "update", "delete", "findAndModify", "findandmodify", "createIndexes", "create", "drop", "dropDatabase");

  /** Commits before it answers: by itself the backend commits once a second and loses what it acknowledged. */
  static class DurableBackend extends H2Backend {
    DurableBackend(MVStore store) {
      super(store);
    }

    @Override
    public Document handleCommand(Channel channel, String database, String command, Document query) {
      Document answer = super.handleCommand(channel, database, command, query);
      if (WRITES.contains(command)) getMvStore().commit();
      return answer;
    }

    @Override
    public Document handleMessage(MongoMessage message) {
      Document answer = super.handleMessage(message);
      if (WRITES.contains(message.getDocument().keySet().iterator().next())) getMvStore().commit();
      return answer;
    }
  }

  /** The driver refuses the versions that the server knows by itself. */
  static class Version5 implements MongoVersion {
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
    DurableBackend backend = new DurableBackend(store);
    backend.version(new Version5());
    MongoServer server = new MongoServer(backend);
    server.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])));
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    System.out.println("ready");
    while (System.in.read() != -1) {}
    System.exit(0);
  }
}
