import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Stores documents as BSON. The store's default is serialised Java objects, which take longer to read. */
class BsonType extends BasicDataType<Document> {
  /** Size in memory (maps, keys, boxed numbers) per size as BSON. Measured with an experiment of 5 KB. */
  private static final int EXPANSION = 10;

  private static final int FIRST_GUESS = 1_000;

  /** A moving average of the documents read and written: to measure each document, it would have to be encoded. */
  private volatile int averageSize = FIRST_GUESS;

  @Override
  public int getMemory(Document document) {
    return averageSize * EXPANSION;
  }

  @Override
  public void write(WriteBuffer buffer, Document document) {
    ByteBuf bytes = Unpooled.buffer(averageSize * 2);
    BsonEncoder.encodeDocument(document, bytes);
    observe(bytes.readableBytes());
    buffer.putVarInt(bytes.readableBytes()).put(bytes.nioBuffer());
  }

  @Override
  public Document read(ByteBuffer buffer) {
    int size = DataUtils.readVarInt(buffer);
    observe(size);
    ByteBuffer bytes = buffer.slice();
    bytes.limit(size);
    buffer.position(buffer.position() + size);
    return BsonDecoder.decodeBson(Unpooled.wrappedBuffer(bytes));
  }

  @Override
  public Document[] createStorage(int size) {
    return new Document[size];
  }

  private void observe(int size) {
    averageSize += (size - averageSize) / 8;
  }
}
