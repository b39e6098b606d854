package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Learns a vocabulary of BERT's kind, WordPiece, from texts.
 *
 * <pre>{@code
 * try (Tokenizer tokenizer = WordPieceTrainer.of(16_000).train(texts)) {
 *   tokenizer.save(folder);
 * }
 * }</pre>
 *
 * <p>The tokens and their ids are those of BertWordPieceTokenizer of Hugging Face's tokenizers
 * (0.23), which joins pairs of tokens by their frequency: [PAD], [UNK], [CLS], [SEP], [MASK], the
 * characters, the characters that continue words, and pairs in the order in which they were joined.
 * That tokenizer's own result differs from run to run, as it numbers {@code ##a} and the like in
 * random order; here they are in the order of their code points, so that the same texts, in
 * whatever order, give the same vocabulary.
 *
 * <p>Words of more than 1,000 characters are left out, with a warning. Half of a surrogate pair,
 * which is no character, does not count.
 *
 * <p>Not for change: each setting gives another trainer.
 */
public final class WordPieceTrainer implements Cloneable {
  private static final Map<String, String> ROLES =
      VocabularyTraining.roles(
          "pad_token", "[PAD]",
          "unk_token", "[UNK]",
          "cls_token", "[CLS]",
          "sep_token", "[SEP]",
          "mask_token", "[MASK]");

  private final int size;
  private boolean lowercase = true;
  private Boolean stripAccents; // null: as lowercase
  private boolean splitChinese = true;
  private int minFrequency = 2;
  private int limitAlphabet = 1000;
  private int[] initialAlphabet = {};
  private VocabularyListener listener = new VocabularyListener() {};

  private WordPieceTrainer(int size) {
    this.size = size;
  }

  /**
   * A trainer that wants so many tokens, the special ones included.
   *
   * @throws IllegalArgumentException if there is no room for a token beside the special ones, or
   *     the size is above 10,000,000
   */
  public static WordPieceTrainer of(int vocabularySize) {
    VocabularyTraining.checkSize(vocabularySize, ROLES.size() + 1);
    return new WordPieceTrainer(vocabularySize);
  }

  private WordPieceTrainer with(Consumer<WordPieceTrainer> change) {
    try {
      WordPieceTrainer other = (WordPieceTrainer) clone();
      change.accept(other);
      return other;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  // ---- settings ----

  /** Whether texts become lower case first; true unless said otherwise. */
  public WordPieceTrainer lowercase(boolean lower) {
    return with(t -> t.lowercase = lower);
  }

  /** Whether letters lose their accents; unless said otherwise if texts become lower case. */
  public WordPieceTrainer stripAccents(boolean strip) {
    return with(t -> t.stripAccents = strip);
  }

  /** Whether each Chinese character is a word of its own; true unless said otherwise. */
  public WordPieceTrainer splitChinese(boolean split) {
    return with(t -> t.splitChinese = split);
  }

  /**
   * How often two tokens must stand side by side to be joined; 2 unless said otherwise.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public WordPieceTrainer minFrequency(int times) {
    return with(t -> t.minFrequency = VocabularyTraining.checkFrequency(times));
  }

  /**
   * How many characters become tokens, the most frequent ones; 1,000 unless said otherwise. Words
   * with others are unknown later.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public WordPieceTrainer limitAlphabet(int characters) {
    if (characters < 1) {
      throw new IllegalArgumentException(
          "an alphabet limited to " + characters + " characters; at least 1 is needed");
    }
    return with(t -> t.limitAlphabet = characters);
  }

  /**
   * Characters that become tokens even if the texts lack them; they count for {@link
   * #limitAlphabet}.
   *
   * @throws IllegalArgumentException if there is a blank, a control character or half of a
   *     surrogate pair, which no word has
   */
  public WordPieceTrainer initialAlphabet(String characters) {
    int[] distinct = characters.codePoints().distinct().toArray();
    for (int c : distinct) {
      switch (Character.getType(c)) {
        case Character.CONTROL,
            Character.SURROGATE,
            Character.SPACE_SEPARATOR,
            Character.LINE_SEPARATOR,
            Character.PARAGRAPH_SEPARATOR ->
            throw new IllegalArgumentException(
                "the initial alphabet has U+%04X, which no word has".formatted(c));
        default -> {}
      }
    }
    return with(t -> t.initialAlphabet = distinct);
  }

  /** Who is told how far training is. */
  public WordPieceTrainer listener(VocabularyListener told) {
    return with(t -> t.listener = told);
  }

  // ---- training ----

  /**
   * Reads all texts once and learns the vocabulary with all cores. If the texts do not give as many
   * tokens as are wanted there are fewer, and a warning. Of a {@link Stream}, give its {@code
   * stream::iterator}.
   *
   * <p>Memory is needed for the different words, not for the texts.
   *
   * @return a tokenizer with a maximum length of 512, to be closed
   * @throws IllegalArgumentException if the texts have no word, or a text is null, or the
   *     characters alone are more than the tokens that are wanted
   * @throws CancellationException if the thread is interrupted; its flag remains set
   */
  public Tokenizer train(Iterable<String> texts) {
    if (initialAlphabet.length > limitAlphabet) {
      throw new IllegalArgumentException(
          "an initial alphabet of %d characters, but a limit of %d"
              .formatted(initialAlphabet.length, limitAlphabet));
    }
    ObjectNode config = JsonFiles.object();
    config.put("do_lower_case", lowercase);
    if (stripAccents == null) {
      config.putNull("strip_accents");
    } else {
      config.put("strip_accents", stripAccents);
    }
    config.put("tokenize_chinese_chars", splitChinese);
    config.put("tokenizer_class", "BertTokenizer");
    VocabularyTraining training =
        new VocabularyTraining(
            size,
            List.copyOf(ROLES.values()),
            "##",
            minFrequency,
            initialAlphabet,
            limitAlphabet,
            listener);
    var tokens = training.train(texts, WordPiece.parts(TokenizerFiles.CONFIG, config)).tokens();
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put(TokenizerFiles.VOCABULARY, WordPiece.writeVocabulary(tokens.toArray(String[]::new)));
    return VocabularyTraining.tokenizer(files, config, ROLES);
  }
}
