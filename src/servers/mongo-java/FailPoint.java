import de.bwaldvogel.mongo.bson.Document;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The fail point {@code failCommand} of mongod, as far as tests need it: a command fails as it does during a failover.
 * {@code data.errorCode} fails it before it does anything; {@code data.writeConcernError} after it was carried out;
 * {@code data.failCommands} names the commands. {@code mode} is {@code "off"}, {@code {times: n}}, or
 * {@code {activationProbability: p}}. Off, and not to be switched on, unless the environment has
 * RAMPART_TEST_FAIL_POINTS.
 */
class FailPoint {
  private final boolean allowed;
  private Document data = new Document();
  private int times;
  private double probability;

  private FailPoint(boolean allowed) {
    this.allowed = allowed;
  }

  static FailPoint fromEnvironment() {
    return new FailPoint(System.getenv("RAMPART_TEST_FAIL_POINTS") != null);
  }

  boolean isSetBy(String command) {
    return allowed && command.equals("configureFailPoint");
  }

  synchronized Document set(Document query) {
    data = (Document) query.getOrDefault("data", new Document());
    Object mode = query.get("mode");
    times = mode instanceof Document ? ((Number) ((Document) mode).getOrDefault("times", 0)).intValue() : 0;
    probability =
        mode instanceof Document ? ((Number) ((Document) mode).getOrDefault("activationProbability", 0)).doubleValue() : 0;
    return new Document("ok", 1.0);
  }

  /** The answer in place of the command, or null where it is to be carried out. */
  synchronized Document insteadOf(String command) {
    if (!allowed || !data.containsKey("errorCode") || !strikes(command)) return null;
    Document answer = new Document("ok", 0.0);
    answer.put("errmsg", "failed by a fail point");
    answer.put("code", data.get("errorCode"));
    answer.put("codeName", data.getOrDefault("codeName", "FailPoint"));
    if (data.containsKey("errorLabels")) answer.put("errorLabels", data.get("errorLabels"));
    return answer;
  }

  /** The answer of a command that was carried out. */
  synchronized Document after(String command, Document answer) {
    if (!allowed || !data.containsKey("writeConcernError") || !strikes(command)) return answer;
    answer.put("writeConcernError", data.get("writeConcernError"));
    if (data.containsKey("errorLabels")) answer.put("errorLabels", data.get("errorLabels"));
    return answer;
  }

  private boolean strikes(String command) {
    if (!((Collection<?>) data.getOrDefault("failCommands", List.of())).contains(command)) return false;
    if (times > 0) {
      times -= 1;
      return true;
    }
    return ThreadLocalRandom.current().nextDouble() < probability;
  }
}
