package io.github.jaubert.measure.bias;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/**
 * A model for masked tokens and its tokenizer, which belong to it: what all measurements of such a
 * model share. It tells how probable tokens are at places of texts, many copies of these with other
 * tokens masked in one packed batch.
 */
public final class MaskedScorer implements AutoCloseable {
  /** Tokens of a batch: enough to fill the matrix products, few enough to stay in the caches. */
  private static final int TOKENS = 2048;

  /** Places of a batch, each of which has logits of the whole vocabulary. */
  private static final int PLACES = 512;

  private final MaskedLanguageModel model;
  private final Tokenizer tokenizer;
  private BiasListener listener = BiasListener.NONE;

  private MaskedScorer(MaskedLanguageModel model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    model.eval();
  }

  /**
   * A scorer of parts, which belong to it from now on; the model is put into evaluation mode.
   *
   * @throws IllegalArgumentException if the tokenizer has no token for masked ones, or the model
   *     does not know it
   */
  public static MaskedScorer of(MaskedLanguageModel model, Tokenizer tokenizer) {
    int mask = tokenizer.maskId();
    if (mask < 0 || mask >= model.config().vocabSize()) {
      throw new IllegalArgumentException(
          mask < 0
              ? "the tokenizer has no token for masked ones"
              : "the tokenizer's token for masked ones has the id %d; the model has %d tokens"
                  .formatted(mask, model.config().vocabSize()));
    }
    return new MaskedScorer(model, tokenizer);
  }

  /**
   * Loads a model and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded, or the model has no head for masked
   *     tokens
   */
  public static MaskedScorer fromPretrained(Path folder) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    MaskedLanguageModel model = null;
    try {
      model = MaskedLanguageModel.fromPretrained(folder);
      return of(model, tokenizer);
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      if (model != null) {
        model.close();
      }
      throw e;
    }
  }

  /** Chooses what the encoder computes in; F32 if this is not called. */
  public MaskedScorer computeType(DType dtype) {
    model.computeType(dtype);
    return this;
  }

  /** Has someone told how far a measurement is. */
  public MaskedScorer listener(BiasListener hears) {
    listener = hears;
    return this;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  /** The number of tokens of the model. */
  int vocabulary() {
    return model.config().vocabSize();
  }

  int maskId() {
    return tokenizer.maskId();
  }

  /**
   * A text as tokens.
   *
   * @throws IllegalArgumentException if it is longer than the model takes, or has a token that the
   *     model does not know
   */
  Encoding encode(String text) {
    Encoding encoding = tokenizer.encode(text);
    if (encoding.isCut()) {
      throw new IllegalArgumentException(
          "'%s' is longer than the %d tokens that the model takes"
              .formatted(CheckpointException.shortened(text), tokenizer.maxLength()));
    }
    for (int id : encoding.ids()) {
      if (id >= vocabulary()) {
        throw new IllegalArgumentException(
            "'%s' has the token %d; the model has %d"
                .formatted(CheckpointException.shortened(text), id, vocabulary()));
      }
    }
    return encoding;
  }

  /** The places of the tokens that stand for text, not for its beginning or end. */
  static int[] textPlaces(Encoding encoding) {
    int[][] offsets = encoding.offsets();
    return IntStream.range(0, offsets.length).filter(i -> offsets[i][1] > 0).toArray();
  }

  /**
   * A sequence of tokens and what is asked about it.
   *
   * @param ids the tokens, masked or not
   * @param types their segments
   * @param places at which tokens are asked about; one may come several times
   * @param tokens which token is asked about at each
   */
  record Query(int[] ids, int[] types, int[] places, int[] tokens) {
    /** The tokens of an encoding with some places masked, and what stood there asked for. */
    static Query masking(Encoding encoding, int maskId, int... places) {
      int[] ids = encoding.ids();
      int[] tokens = Arrays.stream(places).map(place -> ids[place]).toArray();
      int[] masked = ids.clone();
      for (int place : places) {
        masked[place] = maskId;
      }
      return new Query(masked, encoding.typeIds(), places, tokens);
    }

    /** The tokens of an encoding with nothing masked, all those of the text asked for. */
    static Query unmasked(Encoding encoding) {
      int[] ids = encoding.ids();
      int[] places = textPlaces(encoding);
      return new Query(
          ids, encoding.typeIds(), places, Arrays.stream(places).map(i -> ids[i]).toArray());
    }
  }

  /**
   * The natural logarithms of the probabilities of tokens among the whole vocabulary.
   *
   * @param work what is done, for who hears how far it is
   * @return for each query, in order, one for each of its places
   * @throws CancellationException if the thread is interrupted between two batches; its flag
   *     remains set
   */
  List<double[]> score(String work, List<Query> queries) {
    List<double[]> scores = new ArrayList<>();
    int from = 0;
    while (from < queries.size()) {
      int to = from;
      int tokens = 0;
      int places = 0;
      while (to < queries.size()
          && (to == from
              || tokens + queries.get(to).ids().length <= TOKENS
                  && places + queries.get(to).places().length <= PLACES)) {
        tokens += queries.get(to).ids().length;
        places += queries.get(to).places().length;
        to++;
      }
      scores.addAll(batch(queries.subList(from, to)));
      from = to;
      listener.advanced(work, from, queries.size());
      if (from < queries.size() && Thread.currentThread().isInterrupted()) {
        throw new CancellationException(
            "%s was interrupted after %d of %d texts".formatted(work, from, queries.size()));
      }
    }
    return scores;
  }

  private List<double[]> batch(List<Query> queries) {
    int[] wanted = queries.stream().flatMapToInt(q -> Arrays.stream(q.tokens())).toArray();
    if (wanted.length == 0) {
      return queries.stream().map(query -> new double[0]).toList();
    }
    float[] all;
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      Tensor logits = logits(queries);
      Tensor index = Tensor.of(wanted, wanted.length, 1).to(logits.device());
      all = logits.logSoftmax(-1).takeAlong(index).toFloats();
    }
    List<double[]> scores = new ArrayList<>();
    int next = 0;
    for (Query query : queries) {
      double[] own = new double[query.places().length];
      for (int i = 0; i < own.length; i++) {
        own[i] = all[next++];
      }
      scores.add(own);
    }
    return scores;
  }

  /** The logits at the places of queries, {@code [places, vocabulary]}. */
  private Tensor logits(List<Query> queries) {
    PackedSequences lengths =
        PackedSequences.of(queries.stream().mapToInt(query -> query.ids().length).toArray());
    TokenBatch batch =
        new TokenBatch(
            queries.stream().flatMapToInt(query -> Arrays.stream(query.ids())).toArray(),
            queries.stream().flatMapToInt(query -> Arrays.stream(query.types())).toArray(),
            lengths);
    IntStream.Builder rows = IntStream.builder();
    int start = 0;
    for (Query query : queries) {
      for (int place : query.places()) {
        rows.add(start + place);
      }
      start += query.ids().length;
    }
    TokenInputs inputs = model.encoder().inputs(batch);
    Tensor places = Tensor.of(rows.build().toArray()).to(inputs.inputIds().device());
    return model.logits(inputs, places);
  }

  /**
   * The probabilities of all tokens of the vocabulary at one place of each query.
   *
   * @return for each query, in order, {@code [vocabulary]}
   */
  List<float[]> distributions(String work, List<Query> queries) {
    List<float[]> all = new ArrayList<>();
    for (Query query : queries) {
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        all.add(logits(List.of(query)).softmax(-1).toFloats());
      }
      listener.advanced(work, all.size(), queries.size());
    }
    return all;
  }

  /** Frees the model and the tokenizer. */
  @Override
  public void close() {
    model.close();
    tokenizer.close();
  }
}
