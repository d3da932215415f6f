import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** Documents as BSON in the file. By itself the store serialises Java objects, which takes longer to read. */
class BsonType extends BasicDataType<Document> {
  /** Measured: of the maps, keys and boxed numbers that an experiment of 5 KB becomes. */
  private static final int EXPANSION = 10;

  private static final int FIRST_GUESS = 1_000;

  /** To measure each document would mean to encode it: a moving average of those that were read and written will do. */
  private volatile int averageSize = FIRST_GUESS;

  @Override
  public int getMemory(Document document) {
    return averageSize * EXPANSION;
  }

  @Override
  public void write(WriteBuffer buffer, Document document) {
    ByteBuf bytes = Unpooled.buffer(averageSize * 2);
    BsonEncoder.encodeDocument(document, bytes);
    met(bytes.readableBytes());
    buffer.putVarInt(bytes.readableBytes()).put(bytes.nioBuffer());
  }

  @Override
  public Document read(ByteBuffer buffer) {
    int size = DataUtils.readVarInt(buffer);
    met(size);
    ByteBuffer bytes = buffer.slice();
    bytes.limit(size);
    buffer.position(buffer.position() + size);
    return BsonDecoder.decodeBson(Unpooled.wrappedBuffer(bytes));
  }

  @Override
  public Document[] createStorage(int size) {
    return new Document[size];
  }

  private void met(int size) {
    averageSize += (size - averageSize) / 8;
  }
}
