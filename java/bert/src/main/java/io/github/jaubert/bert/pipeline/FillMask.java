package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells which tokens may stand at the places that a text masks, as in {@code The capital of France
 * is [MASK].}, with the results of Hugging Face's {@code FillMaskPipeline}. Unless told otherwise,
 * the five most probable tokens of the vocabulary.
 */
public final class FillMask extends Pipeline<FillMask, MaskedLanguageModel> {
  private static final Logger LOG = LoggerFactory.getLogger(FillMask.class);
  private static final int USUAL_TOP = 5;

  private final AtomicBoolean warned = new AtomicBoolean();
  private final int maskId;
  private final int[] everyToken;
  private volatile int top = USUAL_TOP;
  private volatile int[] candidates; // ids of tokens

  FillMask(MaskedLanguageModel model, Tokenizer tokenizer) {
    super(model, tokenizer);
    maskId = tokenizer.maskId();
    if (maskId < 0) {
      throw new IllegalArgumentException("the tokenizer has no token for masked ones");
    }
    if (maskId >= vocabulary()) {
      throw new IllegalArgumentException(
          "the tokenizer's token for masked ones, '%s', has the id %d; the model has %d tokens"
              .formatted(mask(), maskId, vocabulary()));
    }
    everyToken = IntStream.range(0, vocabulary()).toArray();
    candidates = everyToken;
  }

  private int vocabulary() {
    return model().config().vocabSize();
  }

  // ---- settings ----

  /** How a text masks a token, such as {@code [MASK]}. */
  public String mask() {
    return tokenizer().token(maskId);
  }

  /**
   * Chooses how many tokens are told for each masked place.
   *
   * @return this pipeline
   * @throws IllegalArgumentException if it is less than 1
   */
  public FillMask top(int count) {
    top = requireOne(count);
    return this;
  }

  private static int requireOne(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("top: " + count + " tokens; at least 1 is needed");
    }
    return count;
  }

  /**
   * Chooses the tokens among which the most probable are told; their scores stay those among all
   * tokens. Of a word that is no token its first token counts, of which the log tells.
   *
   * @param words none: all of the vocabulary
   * @return this pipeline
   * @throws IllegalArgumentException if none of the words has a token, or the model does not know
   *     one
   */
  public FillMask targets(String... words) {
    requireOpen();
    candidates = candidates(words);
    return this;
  }

  private int[] candidates(String... words) {
    int[] ids = IntStream.range(0, vocabulary()).toArray();
    if (words.length > 0) {
      ids = List.of(words).stream().mapToInt(this::target).filter(i -> i >= 0).distinct().toArray();
    }
    if (ids.length == 0) {
      throw new IllegalArgumentException("targets: none of " + List.of(words) + " has a token");
    }
    return ids;
  }

  /** The token for a word, or -1. */
  private int target(String word) {
    int id = tokenizer().has(word) ? tokenizer().id(word) : firstToken(word);
    if (id >= vocabulary()) {
      throw new IllegalArgumentException(
          "targets: '%s' has the id %d; the model has %d tokens".formatted(word, id, vocabulary()));
    }
    return id;
  }

  private int firstToken(String word) {
    Encoding encoding = tokenizer().encode(word);
    int[][] offsets = encoding.offsets();
    for (int i = 0; i < offsets.length; i++) {
      if (offsets[i][1] > 0) { // not a special token around the word
        LOG.warn("the target '{}' is no token; '{}' counts for it", word, encoding.tokens()[i]);
        return encoding.ids()[i];
      }
    }
    LOG.warn("the target '{}' is no token, and has none: it is left out", word);
    return -1;
  }

  // ---- filling ----

  /**
   * Fills the masked places of a text: for each, in order, the most probable tokens, the best
   * first. Each place is filled by itself, the others staying masked.
   *
   * @throws IllegalArgumentException if the text masks nothing, or all of it is cut, as it is
   *     longer than the model takes
   */
  public List<List<MaskFill>> of(String text) {
    return ofAll(List.of(text)).get(0);
  }

  /**
   * Fills the masked places of texts, in order.
   *
   * @throws IllegalArgumentException as {@link #of} does, before any text is filled
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<List<MaskFill>>> ofAll(List<String> texts) {
    return prepare(texts, top, candidates).run();
  }

  /**
   * Tokenises texts for {@link #ofAll}, and does no more. The pipeline's own settings do not count.
   *
   * @param count see {@link #top}
   * @param targets see {@link #targets}
   * @throws IllegalArgumentException as these and {@link #of} do
   */
  public Prepared<List<List<List<MaskFill>>>> prepare(
      List<String> texts, int count, String... targets) {
    requireOpen();
    return prepare(
        texts, requireOne(count), targets.length == 0 ? everyToken : candidates(targets));
  }

  private Prepared<List<List<List<MaskFill>>>> prepare(List<String> texts, int count, int[] among) {
    requireOpen();
    List<Encoding> encodings = tokenizer().encodeAll(texts);
    for (int i = 0; i < texts.size(); i++) {
      requireMask(texts.get(i), encodings.get(i));
    }
    return new Prepared<>(
        this,
        encodings,
        this::scores,
        scores -> {
          List<List<List<MaskFill>>> results = new ArrayList<>();
          for (int i = 0; i < scores.size(); i++) {
            results.add(fills(encodings.get(i), scores.get(i), count, among));
          }
          return results;
        });
  }

  private void requireMask(String text, Encoding encoding) {
    if (places(encoding).length == 0) {
      throw new IllegalArgumentException(
          "there is no %s in the text '%s'%s"
              .formatted(
                  mask(),
                  CheckpointException.shortened(text),
                  encoding.isCut()
                      ? ", which is cut to %d tokens".formatted(tokenizer().maxLength())
                      : ""));
    }
    if (encoding.isCut() && warned.compareAndSet(false, true)) {
      LOG.warn(
          "a text is longer than {} tokens and is cut: nothing is filled behind",
          tokenizer().maxLength());
    }
  }

  private int[] places(Encoding encoding) {
    int[] ids = encoding.ids();
    return IntStream.range(0, ids.length).filter(i -> ids[i] == maskId).toArray();
  }

  private List<List<MaskFill>> fills(Encoding encoding, float[] scores, int count, int[] among) {
    int[] places = places(encoding);
    List<List<MaskFill>> fills = new ArrayList<>();
    for (int i = 0; i < places.length; i++) {
      float[] own = Arrays.copyOfRange(scores, i * vocabulary(), (i + 1) * vocabulary());
      List<Integer> best = best(own, count, among);
      int place = places[i];
      boolean several = places.length > 1;
      fills.add(
          best.stream()
              .map(
                  id ->
                      new MaskFill(
                          id, word(id), own[id], sequence(encoding.ids(), place, id, several)))
              .toList());
    }
    return List.copyOf(fills);
  }

  /** The probabilities of all tokens for each masked place, {@code [places × vocabulary]}. */
  private List<float[]> scores(List<Encoding> encodings) {
    IntStream.Builder rows = IntStream.builder();
    int row = 0;
    for (Encoding encoding : encodings) {
      for (int place : places(encoding)) {
        rows.add(row + place);
      }
      row += encoding.length();
    }
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      TokenInputs inputs = model().encoder().inputs(TokenBatch.of(encodings));
      Tensor masked = Tensor.of(rows.build().toArray()).to(inputs.inputIds().device());
      Tensor probabilities = model().logits(inputs, masked).softmax(-1);
      List<float[]> scores = new ArrayList<>();
      int next = 0;
      for (Encoding encoding : encodings) {
        int count = places(encoding).length;
        scores.add(probabilities.narrow(0, next, count).toFloats());
        next += count;
      }
      return scores;
    }
  }

  /** The most probable, the best first. */
  private static List<Integer> best(float[] scores, int count, int[] among) {
    Comparator<Integer> worstFirst =
        Comparator.<Integer>comparingDouble(id -> scores[id])
            .thenComparing(Comparator.reverseOrder());
    PriorityQueue<Integer> best = new PriorityQueue<>(worstFirst);
    for (int id : among) {
      if (best.size() < count || scores[id] > scores[best.peek()]) {
        best.add(id);
      }
      if (best.size() > count) {
        best.remove();
      }
    }
    return best.stream().sorted(worstFirst.reversed()).toList();
  }

  private String word(int id) {
    return tokenizer().decode(new int[] {id}, true);
  }

  /** With several masks special tokens are left in, as the other masks are. */
  private String sequence(int[] ids, int place, int token, boolean several) {
    int[] filled = ids.clone();
    filled[place] = token;
    int padding = tokenizer().padId();
    return tokenizer().decode(IntStream.of(filled).filter(i -> i != padding).toArray(), several);
  }
}
