package io.github.jaubert.parquet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.train.data.RowSource;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.LocalInputFile;

/**
 * Rows of Parquet files as JSON objects: see {@link RowObjects} for what becomes of each type.
 * Columns are packed with Snappy, gzip, zstd, LZ4, or not at all. Where {@code datasets} of Hugging
 * Face wrote the file, the numbers of class labels become their names ({@link ClassNames}).
 */
public final class ParquetRows implements RowSource {
  @Override
  public Rows open(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new IOException(Files.exists(path) ? "is no file" : "no such file");
    }
    InputFile file = new LocalInputFile(path);
    try {
      ParquetMetadata footer = footer(file);
      requireCodecs(footer);
      Map<String, String> more = footer.getFileMetaData().getKeyValueMetaData();
      return new OpenRows(reader(file), ClassNames.of(more.get("huggingface")));
    } catch (EOFException | RuntimeException e) {
      throw damaged(e);
    }
  }

  private static ParquetMetadata footer(InputFile file) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration()).build();
    try (ParquetFileReader reader = ParquetFileReader.open(file, options)) {
      return reader.getFooter();
    }
  }

  private static void requireCodecs(ParquetMetadata footer) throws IOException {
    for (BlockMetaData block : footer.getBlocks()) {
      for (ColumnChunkMetaData column : block.getColumns()) {
        CompressionCodecName codec = column.getCodec();
        if (!Codecs.READ.contains(codec)) {
          throw new IOException(
              "column %s is packed with %s, which is not read; write it with snappy or zstd"
                  .formatted(column.getPath().toDotString(), codec));
        }
      }
    }
  }

  private static ParquetReader<Group> reader(InputFile file) throws IOException {
    PlainParquetConfiguration configuration = new PlainParquetConfiguration();
    return new ParquetReader.Builder<Group>(file, configuration) {
      @Override
      protected ReadSupport<Group> getReadSupport() {
        return new GroupReadSupport();
      }
    }.withCodecFactory(new Codecs(configuration)).build();
  }

  /** Whatever the library throws at bytes that are no Parquet. */
  private static IOException damaged(Exception e) {
    return new IOException("is no Parquet file, or damaged: " + e, e);
  }

  private record OpenRows(ParquetReader<Group> reader, ClassNames names) implements Rows {
    @Override
    public ObjectNode next() throws IOException {
      try {
        Group group = reader.read();
        return group == null ? null : names.named(RowObjects.of(group));
      } catch (IOException | RuntimeException e) {
        throw damaged(e);
      }
    }

    @Override
    public void close() {
      try {
        reader.close();
      } catch (IOException e) {
        // Nothing was written to it.
      }
    }
  }
}
