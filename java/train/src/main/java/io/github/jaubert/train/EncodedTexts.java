package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.tokenizer.LongTextReader;
import io.github.jaubert.bert.tokenizer.LongTextStrategy.Kind;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.train.data.DataException;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.ReadTexts;
import io.github.jaubert.train.data.TextDataset;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Texts, or pairs of them, as tokens.
 *
 * @param texts of which text each sequence of tokens is; null: there is one of each
 */
record EncodedTexts(EncodedDataset data, int[] texts) {
  private static final Logger LOG = LoggerFactory.getLogger(SequenceClassification.class);

  /**
   * Tokenises with all cores, checks the tokens, and says what of long texts is read.
   *
   * @param cutting what the reader reads with
   * @throws DataException if there are pairs, and the reader is for single texts; or the model has
   *     no embedding for a token
   */
  static EncodedTexts of(
      TextDataset data,
      LongTextReader reader,
      Tokenizer cutting,
      EncoderConfig config,
      TrainingListener listener) {
    boolean cut = reader.strategy().kind() == Kind.CUT;
    if (!cut) {
      DataChecks.singleTexts(data, reader.strategy());
    }
    TokenizingProgress progress = new TokenizingProgress(listener, data.source(), data.size());
    EncodedTexts encoded;
    if (cut) {
      encoded = new EncodedTexts(EncodedDataset.of(data, cutting, progress), null);
      progress.done();
      DataChecks.tokens(data.source(), encoded.data(), cutting, config.maxPositionEmbeddings());
    } else {
      if (data.isCached()) {
        throw new DataException(
            data.source(),
            "its rows are kept in files, and such texts are cut; %s is for rows in memory"
                .formatted(reader.strategy()));
      }
      ReadTexts read = ReadTexts.of(data, reader, cutting.unknownId(), progress);
      progress.done();
      encoded = new EncodedTexts(read.encoded(), read.texts());
      say(data, read, reader, cutting.maxLength());
      DataChecks.unknown(data.source(), encoded.data(), cutting);
    }
    DataChecks.embeddings(
        data.origin(),
        row -> data.rows().get(encoded.textsOf(new int[] {row})[0]).line(),
        encoded.data(),
        cutting,
        config);
    return encoded;
  }

  /** Of which texts some sequences are. */
  int[] textsOf(int[] rows) {
    return texts == null ? rows : Arrays.stream(rows).map(row -> texts[row]).toArray();
  }

  /** All sequences of some texts, text after text. */
  int[] sequencesOf(int[] rows) {
    return texts == null ? rows : Arrays.stream(rows).flatMap(row -> ofText(row)).toArray();
  }

  /** Of which of some texts each of {@link #sequencesOf} is, from 0; null if each is one. */
  int[] placesIn(int[] rows) {
    return texts == null
        ? null
        : IntStream.range(0, rows.length)
            .flatMap(place -> ofText(rows[place]).map(sequence -> place))
            .toArray();
  }

  private IntStream ofText(int row) {
    return IntStream.range(0, texts.length).filter(sequence -> texts[sequence] == row);
  }

  private static void say(TextDataset data, ReadTexts read, LongTextReader reader, int length) {
    LOG.info(
        "{}: {} of {} texts are longer than {} tokens, {}",
        data.source(),
        read.longTexts(),
        data.size(),
        length,
        reader.strategy().kind() == Kind.HEAD_TAIL
            ? "of which the first %d and the last %d are read"
                .formatted(reader.head(), reader.tail())
            : "and all are read in %d windows, of which two neighbours have %d tokens in common"
                .formatted(read.encoded().size(), reader.strategy().stride(length)));
  }
}
