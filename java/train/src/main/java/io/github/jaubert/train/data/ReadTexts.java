package io.github.jaubert.train.data;

import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.LongTextReader;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Single texts as a {@link LongTextReader} reads them: one sequence of tokens each, or several
 * windows of a long one. Immutable.
 */
public final class ReadTexts {
  private final EncodedDataset encoded;
  private final int[] texts;
  private final int longTexts;

  private ReadTexts(List<List<Encoding>> parts, int unknown) {
    texts =
        IntStream.range(0, parts.size())
            .flatMap(text -> parts.get(text).stream().mapToInt(part -> text))
            .toArray();
    longTexts = (int) parts.stream().filter(own -> own.get(0).isCut()).count();
    encoded = EncodedDataset.of(parts.stream().flatMap(List::stream).toList(), unknown);
  }

  /**
   * Tokenises with all cores.
   *
   * @param unknownId see {@link io.github.jaubert.bert.tokenizer.Tokenizer#unknownId}
   * @param progress told how many texts were done since it was last called, from any thread
   */
  public static ReadTexts of(
      TextDataset data, LongTextReader reader, int unknownId, IntConsumer progress) {
    List<String> texts = data.rows().stream().map(Example::text).toList();
    return new ReadTexts(reader.ofAll(texts, progress), unknownId);
  }

  /** The tokens, in order of the texts. */
  public EncodedDataset encoded() {
    return encoded;
  }

  /** Of which text each sequence of tokens is. */
  public int[] texts() {
    return texts.clone();
  }

  /** How many texts have more tokens than a sequence. */
  public int longTexts() {
    return longTexts;
  }
}
