package io.github.jaubert.bert.pipeline;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds labelled parts of texts, such as names of persons and places, as Hugging Face's {@code
 * TokenClassificationPipeline} does. Unless told otherwise, it aggregates by {@link
 * Aggregation#SIMPLE} and leaves out what is labelled {@code O}.
 */
public final class TokenClassification extends Pipeline<TokenClassification, TokenClassifier> {
  private static final Logger LOG = LoggerFactory.getLogger(TokenClassification.class);

  private final AtomicBoolean warned = new AtomicBoolean();
  private volatile Aggregation aggregation = Aggregation.SIMPLE;
  private volatile Set<String> ignored = Set.of("O");

  TokenClassification(TokenClassifier model, Tokenizer tokenizer) {
    super(model, tokenizer);
  }

  /** The labels of tokens. */
  public Labels labels() {
    return model().labels();
  }

  /**
   * Chooses how tokens become entities.
   *
   * @return this pipeline
   */
  public TokenClassification aggregation(Aggregation how) {
    aggregation = how;
    return this;
  }

  /**
   * Chooses which labels are left out: whole labels with {@link Aggregation#NONE}, otherwise types
   * without {@code B-} and {@code I-}.
   *
   * @return this pipeline
   */
  public TokenClassification ignoreLabels(String... labels) {
    ignored = Set.copyOf(Arrays.asList(labels));
    return this;
  }

  /**
   * Finds the entities of a text, in order. Of a text that is longer than the model takes, nothing
   * is found in what is cut; the log says so once.
   */
  public List<Entity> of(String text) {
    return ofAll(List.of(text)).get(0);
  }

  /**
   * Finds the entities of texts, in order.
   *
   * @throws CancellationException if the thread is interrupted meanwhile; its flag remains set
   */
  public List<List<Entity>> ofAll(List<String> texts) {
    return prepare(texts, aggregation).run();
  }

  /**
   * Tokenises texts for {@link #ofAll}, and does no more.
   *
   * @param how in place of the pipeline's {@link #aggregation}
   */
  public Prepared<List<List<Entity>>> prepare(List<String> texts, Aggregation how) {
    requireOpen();
    List<Encoding> encodings = tokenizer().encodeAll(texts);
    if (encodings.stream().anyMatch(Encoding::isCut) && warned.compareAndSet(false, true)) {
      LOG.warn(
          "a text is longer than {} tokens and is cut: no entity is found behind; divide such texts",
          tokenizer().maxLength());
    }
    List<String> own = List.copyOf(texts);
    return new Prepared<>(
        this,
        encodings,
        this::scores,
        scores -> {
          List<List<Entity>> results = new ArrayList<>();
          for (int i = 0; i < own.size(); i++) {
            results.add(entities(own.get(i), encodings.get(i), scores.get(i), how));
          }
          return results;
        });
  }

  /** The probabilities of each text, {@code [tokens × labels]}. */
  private List<float[]> scores(List<Encoding> batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      float[] all = model().forward(TokenBatch.of(batch)).softmax(-1).toFloats();
      return Prepared.split(all, batch, text -> text.length() * labels().size());
    }
  }

  private List<Entity> entities(String text, Encoding encoding, float[] scores, Aggregation how) {
    int width = labels().size();
    String[] tokens = encoding.tokens();
    int[] ids = encoding.ids();
    int[][] offsets = encoding.offsets();
    List<EntityGrouping.Piece> pieces = new ArrayList<>();
    int space = -1; // where a token ends that is nothing but the space before a word
    for (int i = 0; i < tokens.length; i++) {
      int start = offsets[i][0];
      int end = offsets[i][1];
      if (end > 0) { // not a special token
        String source = text.substring(start, end);
        boolean unknown = ids[i] == tokenizer().unknownId();
        pieces.add(
            new EntityGrouping.Piece(
                unknown ? source : tokens[i],
                Arrays.copyOfRange(scores, i * width, (i + 1) * width),
                start,
                end,
                start == space || !unknown && isSubword(tokens[i], text, start, end)));
        space = start == end ? end : -1;
      }
    }
    return new EntityGrouping(how, labels().names(), parts -> joined(parts, text))
        .of(pieces).stream().filter(entity -> !ignored.contains(entity.label())).toList();
  }

  /**
   * Whether a token continues a word, as transformers guesses: if it is not as long as its source,
   * having a mark before it, or if there are no marks, unless a space stands before or at its
   * start.
   */
  private boolean isSubword(String token, String text, int start, int end) {
    return tokenizer().marksSubwords()
        ? token.codePointCount(0, token.length()) != text.codePointCount(start, end)
        : start > 0
            && text.substring(start - 1, Math.min(start + 1, text.length())).indexOf(' ') < 0;
  }

  private String joined(List<Entity> parts, String text) {
    return tokenizer().marksSubwords()
        ? tokenizer().join(parts.stream().map(Entity::word).toList())
        : text.substring(parts.get(0).start(), parts.get(parts.size() - 1).end()).strip();
  }
}
