package io.github.jaubert.train.data;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tagged sentences as tokens, with what each token is trained towards: a word's first token has the
 * label of its tag, all others {@link #IGNORED}. Immutable.
 *
 * <p>Some words have no token: those of characters that the tokenizer drops, such as control
 * characters, and those behind the place where a long sentence is cut. Nothing is learned from
 * them; where predictions are judged they count as predicted {@code O}.
 */
public final class AlignedDataset {
  /** The target of tokens that do not count, as losses have it. */
  public static final int IGNORED = -100;

  /** What a word is taken to be that the model does not see. */
  private static final String OUTSIDE = "O";

  private static final int LISTED = 20;
  private static final Logger LOG = LoggerFactory.getLogger(AlignedDataset.class);

  /** Which tokens of a word have a label. */
  public enum Labelled {
    /** The first. */
    FIRST,
    /**
     * All: {@code label_all_tokens} of Hugging Face's script. Behind the first token of a word with
     * a tag B- they have I- of its type, if there is such a label. Predictions are still read from
     * the first.
     */
    ALL
  }

  private final TaggedDataset data;
  private final Labels labels;
  private final EncodedDataset encoded;
  private final int[][] wordIds;
  private final int[][] targets;
  private final long cutWords;
  private final long lostWords;

  private AlignedDataset(
      TaggedDataset data, Labels labels, Labelled labelled, List<Encoding> encodings, int unknown) {
    this.data = data;
    this.labels = labels;
    encoded = EncodedDataset.of(encodings, unknown);
    wordIds = new int[encodings.size()][];
    targets = new int[encodings.size()][];
    long cut = 0;
    long lost = 0;
    Map<String, Integer> classes = classes(labels);
    int[] inside = inside(labels);
    for (int row = 0; row < wordIds.length; row++) {
      TaggedSentence sentence = data.sentences().get(row);
      int[] ids = WordIds.of(encodings.get(row), sentence.words());
      wordIds[row] = ids;
      targets[row] = targets(ids, classes(sentence, classes), inside, labelled);
      long without =
          sentence.words().size() - Arrays.stream(ids).filter(id -> id >= 0).distinct().count();
      long beyond = encodings.get(row).isCut() ? beyond(ids, sentence.words().size()) : 0;
      cut += beyond;
      lost += without - beyond;
    }
    cutWords = cut;
    lostWords = lost;
  }

  /**
   * Tokenises with all cores; sentences are cut to the tokenizer's maximum length. The log says how
   * many words that costs.
   *
   * @param progress told how many sentences were done since it was last called, from any thread
   * @throws DataException naming file, line, word and tag, if a tag is not among {@code labels}
   */
  public static AlignedDataset of(
      TaggedDataset data,
      Tokenizer tokenizer,
      Labels labels,
      Labelled labelled,
      IntConsumer progress) {
    List<String> texts =
        data.sentences().stream().map(sentence -> WordIds.join(sentence.words())).toList();
    List<Encoding> encodings = tokenizer.encodeAll(texts, null, progress);
    AlignedDataset aligned =
        new AlignedDataset(data, labels, labelled, encodings, tokenizer.unknownId());
    aligned.warn(tokenizer.maxLength());
    return aligned;
  }

  private void warn(int maxLength) {
    if (cutWords > 0) {
      LOG.warn(
          "{}: {} of {} sentences are longer than {} tokens and are cut; the {} words behind count"
              + " as predicted {}",
          data.source(),
          encoded.cut(),
          size(),
          maxLength,
          cutWords,
          OUTSIDE);
    }
    if (lostWords > 0) {
      LOG.warn(
          "{}: the tokenizer drops all characters of {} words; they count as predicted {}",
          data.source(),
          lostWords,
          OUTSIDE);
    }
  }

  // ---- words to tokens ----

  private static Map<String, Integer> classes(Labels labels) {
    Map<String, Integer> classes = new HashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      classes.put(labels.name(i), i);
    }
    return classes;
  }

  private int[] classes(TaggedSentence sentence, Map<String, Integer> known) {
    int[] classes = new int[sentence.tags().size()];
    for (int i = 0; i < classes.length; i++) {
      Integer index = known.get(sentence.tags().get(i));
      if (index == null) {
        throw new DataException(
            data.origin(),
            sentence.line(),
            "tag %s of the word '%s' is not one of the %d known: %s"
                .formatted(
                    sentence.tags().get(i),
                    sentence.words().get(i),
                    labels.size(),
                    LabelText.listed(labels.names(), LISTED)));
      }
      classes[i] = index;
    }
    return classes;
  }

  /** What each label is behind the first token of a word. */
  private static int[] inside(Labels labels) {
    int[] inside = new int[labels.size()];
    for (int i = 0; i < inside.length; i++) {
      String name = labels.name(i);
      int rest = name.startsWith("B-") ? labels.names().indexOf("I-" + name.substring(2)) : -1;
      inside[i] = rest < 0 ? i : rest;
    }
    return inside;
  }

  private static int[] targets(int[] wordIds, int[] classes, int[] inside, Labelled labelled) {
    int[] targets = new int[wordIds.length];
    int before = WordIds.NONE;
    for (int i = 0; i < targets.length; i++) {
      int word = wordIds[i];
      if (word == WordIds.NONE || word == before && labelled == Labelled.FIRST) {
        targets[i] = IGNORED;
      } else {
        targets[i] = word == before ? inside[classes[word]] : classes[word];
      }
      before = word == WordIds.NONE ? before : word;
    }
    return targets;
  }

  /** The words before the first and behind the last that has a token. */
  private static int beyond(int[] wordIds, int words) {
    int[] seen = Arrays.stream(wordIds).filter(id -> id >= 0).toArray();
    return seen.length == 0 ? words : seen[0] + words - 1 - seen[seen.length - 1];
  }

  // ---- batches ----

  /** The tokens. */
  public EncodedDataset encoded() {
    return encoded;
  }

  /** What the targets stand for. */
  public Labels labels() {
    return labels;
  }

  /** The number of sentences. */
  public int size() {
    return targets.length;
  }

  /** The number of words that lie behind the place where their sentence is cut. */
  public long cutWords() {
    return cutWords;
  }

  /** The number of words of which the tokenizer drops every character. */
  public long lostWords() {
    return lostWords;
  }

  /** What the tokens of some sentences are trained towards, end to end, {@code [tokens]}. */
  public int[] targets(int[] rows) {
    return Arrays.stream(rows).mapToObj(row -> targets[row]).flatMapToInt(Arrays::stream).toArray();
  }

  /** How many tokens of some sentences have a label: what the sum of their losses is divided by. */
  public int labelled(int[] rows) {
    return (int) Arrays.stream(targets(rows)).filter(target -> target != IGNORED).count();
  }

  // ---- tokens to words ----

  /** The true tags of a sentence, one for each word. */
  public List<String> actual(int row) {
    return data.sentences().get(row).tags();
  }

  /**
   * The tags that predictions give to the words of a sentence: each word has that of its first
   * token.
   *
   * @param classes the index of the predicted label of each token, those of special tokens too
   * @throws IllegalArgumentException if there are not as many as the sentence has tokens
   */
  public List<String> predicted(int row, int[] classes) {
    if (classes.length != wordIds[row].length) {
      throw new IllegalArgumentException(
          "predicted: %d classes for the %d tokens of sentence %d"
              .formatted(classes.length, wordIds[row].length, row));
    }
    List<String> tags = new ArrayList<>();
    for (int token : firstTokens(row)) {
      tags.add(token < 0 ? OUTSIDE : labels.name(classes[token]));
    }
    return tags;
  }

  /** The first token of each word of a sentence; -1 of a word that was cut off, or has none. */
  public int[] firstTokens(int row) {
    int[] ids = wordIds[row];
    int[] tokens = new int[actual(row).size()];
    Arrays.fill(tokens, -1);
    for (int i = ids.length - 1; i >= 0; i--) {
      if (ids[i] != WordIds.NONE) {
        tokens[ids[i]] = i;
      }
    }
    return tokens;
  }
}
