package io.github.jaubert.nn;

import io.github.jaubert.internal.ops.ActivationOps;
import io.github.jaubert.internal.ops.AttentionOps;
import io.github.jaubert.internal.ops.DropoutOps;
import io.github.jaubert.internal.ops.ElementwiseOps;
import io.github.jaubert.internal.ops.EmbeddingOps;
import io.github.jaubert.internal.ops.FeedForwardOps;
import io.github.jaubert.internal.ops.IndexOps;
import io.github.jaubert.internal.ops.LinearCrossEntropyOps;
import io.github.jaubert.internal.ops.LinearOps;
import io.github.jaubert.internal.ops.LossOps;
import io.github.jaubert.internal.ops.NormOps;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Tensor;

/**
 * The operations of neural networks as functions. Those with dropout draw their mask from {@link
 * Rng#global}, unless they take a source; a probability of 0 switches it off and draws nothing.
 * They throw {@link IllegalArgumentException} with the names and shapes of operands that do not
 * fit.
 *
 * <p>All take {@link DType#F32}. The layers (linear layers, geglu, dropout, normalisation,
 * attention, cross-entropy) also take {@link DType#BF16}, and attention on a GPU {@link DType#F16}:
 * they compute in the type of their input, which is the type of the result, while parameters and
 * their gradients are F32 always, and so are sums, statistics and losses. Activations (gelu,
 * geluTanh, silu, relu) take all of these anywhere: they compute in F32 and round to the type of
 * their input, so that the layer behind them computes in it, too. The other functions give F32
 * whatever they are given, as {@link Tensor}'s do.
 */
public final class F {
  private F() {}

  // ---- linear layers and activations ----

  /**
   * {@code x W^T + bias}: x [..., in], weight [out, in], bias [out] or null; the result is [...,
   * out]. For an x of 16 bits the weight is converted, unless it needs no gradient and has x's
   * type.
   */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return linear(x, weight, bias, Activation.NONE);
  }

  /** {@code activation(x W^T + bias)} in one operation. */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias, Activation activation) {
    return LinearOps.linear(x, weight, bias, activation.ordinal());
  }

  /**
   * {@code activation(x W1^T + bias) W2^T} in one operation: the feed-forward part of a transformer
   * layer, whose second bias is left to {@link #addDropoutLayerNorm}.
   *
   * @param x [..., in]
   * @param firstWeight W1 [inner, in]
   * @param bias [inner], or null
   * @param secondWeight W2 [out, inner]
   * @return [..., out]
   */
  public static Tensor feedForward(
      Tensor x, Tensor firstWeight, Tensor bias, Activation activation, Tensor secondWeight) {
    return FeedForwardOps.feedForward(x, firstWeight, bias, activation.ordinal(), secondWeight);
  }

  /** {@code x * Phi(x)}, by the error function (Hendrycks and Gimpel 2016). */
  public static Tensor gelu(Tensor x) {
    return ElementwiseOps.gelu(x);
  }

  /** The tanh approximation of {@link #gelu}. */
  public static Tensor geluTanh(Tensor x) {
    return ElementwiseOps.geluTanh(x);
  }

  /** {@code x * sigmoid(x)}. */
  public static Tensor silu(Tensor x) {
    return ElementwiseOps.silu(x);
  }

  /** {@code max(x, 0)}. */
  public static Tensor relu(Tensor x) {
    return ElementwiseOps.relu(x);
  }

  /** {@code gelu(x[..., :w]) * x[..., w:]} for x [..., 2 w] (Shazeer 2020). */
  public static Tensor geglu(Tensor x) {
    return ActivationOps.geglu(x);
  }

  // ---- normalisation and dropout ----

  /**
   * Each element is 0 with probability {@code p} and otherwise divided by {@code 1 - p} (Srivastava
   * et al. 2014).
   */
  public static Tensor dropout(Tensor x, float p) {
    return dropout(x, p, Rng.global());
  }

  /** The same with a source of random numbers. */
  public static Tensor dropout(Tensor x, float p, Rng rng) {
    return p == 0 ? x : DropoutOps.dropout(x, p, rng);
  }

  /** LayerNorm over the last axis (Ba et al. 2016): gamma [hidden], beta [hidden] or null. */
  public static Tensor layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps) {
    return NormOps.layerNorm(x, gamma, beta, eps);
  }

  /**
   * {@code x / sqrt(mean(x^2) + eps) * gamma} over the last axis (Zhang and Sennrich 2019): gamma
   * [hidden].
   */
  public static Tensor rmsNorm(Tensor x, Tensor gamma, float eps) {
    return NormOps.rmsNorm(x, gamma, eps);
  }

  /**
   * {@code x} with vectors of length 1 along the last axis; one shorter than 1e-12 is divided by
   * that number.
   */
  public static Tensor normalize(Tensor x) {
    Tensor wide = x.to(DType.F32); // whose gradient is one sum, and rounded once
    return wide.mul(wide.square().sum(-1, true).clamp(1e-24f, Float.MAX_VALUE).rsqrt());
  }

  /** The cosine of the angle between the vectors along the last axis, {@code [...]}. */
  public static Tensor cosineSimilarity(Tensor a, Tensor b) {
    return normalize(a).mul(normalize(b)).sum(-1);
  }

  /**
   * {@code LayerNorm(residual + dropout(x + bias))} in one operation: what follows each dense layer
   * of a BERT block.
   *
   * @param x [..., hidden]
   * @param residual the shape of x, or null
   * @param bias [hidden], or null
   */
  public static Tensor addDropoutLayerNorm(
      Tensor x, Tensor residual, Tensor bias, Tensor gamma, Tensor beta, float p, float eps) {
    return NormOps.addDropoutLayerNorm(x, residual, bias, gamma, beta, p, eps, Rng.global());
  }

  // ---- embeddings ----

  /** Rows of a table [rows, width] by ids (I32 or I64) of any shape: [..., width]. */
  public static Tensor embedding(Tensor table, Tensor ids) {
    return IndexOps.embedding(table, ids);
  }

  /**
   * {@code dropout(LayerNorm(word[wordIds] + position[positionIds] + type[typeIds]))}, [tokens,
   * hidden]: the input of BERT.
   *
   * @param wordIds I32 [tokens]; so are positionIds and typeIds
   * @param typeIds null if {@code type} is
   * @param word [rows, hidden]; so are position and type
   */
  public static Tensor embeddingLayerNorm(
      Tensor wordIds,
      Tensor positionIds,
      Tensor typeIds,
      Tensor word,
      Tensor position,
      Tensor type,
      Tensor gamma,
      Tensor beta,
      float p,
      float eps) {
    return embeddingLayerNorm(
        wordIds, positionIds, typeIds, word, position, type, gamma, beta, p, eps, DType.F32);
  }

  /**
   * The same with a result of another type, in which the layers behind it then compute.
   *
   * @param dtype F32 or BF16; the tables are F32
   */
  public static Tensor embeddingLayerNorm(
      Tensor wordIds,
      Tensor positionIds,
      Tensor typeIds,
      Tensor word,
      Tensor position,
      Tensor type,
      Tensor gamma,
      Tensor beta,
      float p,
      float eps,
      DType dtype) {
    return EmbeddingOps.embeddingLayerNorm(
        new EmbeddingOps.Ids(wordIds, positionIds, typeIds),
        new EmbeddingOps.Tables(word, position, type),
        gamma,
        beta,
        p,
        eps,
        Rng.global(),
        dtype);
  }

  // ---- attention ----

  /**
   * Self-attention within each sequence of a packed batch (Vaswani et al. 2017), without the matrix
   * of scores in memory (Dao et al. 2022).
   *
   * @param q queries [tokens, heads, headDim], headDim at most 128; so are the keys k and values v
   * @param lengths where the sequences lie in the packed rows
   * @return [tokens, heads, headDim]
   */
  public static Tensor attention(
      Tensor q, Tensor k, Tensor v, PackedSequences lengths, AttentionOptions options) {
    float scale = options.scale() > 0 ? options.scale() : (float) (1 / Math.sqrt(q.size(-1)));
    return AttentionOps.attention(
        q, k, v, lengths, scale, options.window(), options.dropout(), Rng.global());
  }

  /**
   * Rotary position embedding (Su et al. 2021) of queries or keys.
   *
   * @param x [tokens, heads, headDim], headDim even
   * @param positionIds I32 [tokens]
   * @param base wavelength parameter, 10000 in the paper
   */
  public static Tensor rotary(Tensor x, Tensor positionIds, float base) {
    return AttentionOps.rotary(x, positionIds, base);
  }

  /**
   * The mean of each sequence's rows: x [tokens, width] to [sequences, width]; an empty sequence
   * gives 0.
   */
  public static Tensor segmentMean(Tensor x, PackedSequences lengths) {
    return IndexOps.segmentMean(x, lengths);
  }

  // ---- losses ----

  /**
   * The mean cross-entropy of logits [rows, classes] and labels [rows] (I32 or I64); rows labelled
   * -100 do not count.
   */
  public static Tensor crossEntropy(Tensor logits, Tensor labels) {
    return crossEntropy(logits, labels, CrossEntropyOptions.defaults());
  }

  /** Cross-entropy with smoothing, weights, another label to ignore or another divisor. */
  public static Tensor crossEntropy(Tensor logits, Tensor labels, CrossEntropyOptions options) {
    return LossOps.crossEntropy(
        logits,
        labels,
        options.ignoreIndex(),
        options.labelSmoothing(),
        options.classWeights(),
        options.normalizer());
  }

  /**
   * The cross-entropy of {@code linear(x, weight, bias)}, for so many classes, such as the words of
   * a vocabulary, that the logits of all rows would not fit into memory: they are computed for some
   * rows at a time, forward and backward together, and never kept (as in Wijmans et al. 2024, "Cut
   * Your Losses in Large-Vocabulary Language Models", and Liger Kernel). Gives what {@link
   * #crossEntropy(Tensor, Tensor, CrossEntropyOptions)} of the logits gives, up to rounding.
   *
   * @param x {@code [rows, in]}, F32 or BF16
   * @param weight {@code [classes, in]}
   * @param bias {@code [classes]}, or null
   * @param labels {@code [rows]}, I32 or I64
   * @throws IllegalArgumentException if the shapes do not fit, or the options have class weights
   */
  public static Tensor linearCrossEntropy(
      Tensor x, Tensor weight, Tensor bias, Tensor labels, CrossEntropyOptions options) {
    return linearCrossEntropy(x, weight, bias, labels, options, null);
  }

  /**
   * The same, which also counts the rows whose largest logit is their label's, as long as the
   * logits are there.
   *
   * @param hits F32 {@code [1]}, on the device of {@code x}: the count is added to it; null: none
   */
  public static Tensor linearCrossEntropy(
      Tensor x,
      Tensor weight,
      Tensor bias,
      Tensor labels,
      CrossEntropyOptions options,
      Tensor hits) {
    if (options.classWeights() != null) {
      throw new IllegalArgumentException(
          "linearCrossEntropy: class weights are for crossEntropy(linear(x, weight, bias), …)");
    }
    return LinearCrossEntropyOps.linearCrossEntropy(
        x,
        weight,
        bias,
        labels,
        options.ignoreIndex(),
        options.labelSmoothing(),
        options.normalizer(),
        hits);
  }

  /** The mean of {@code (prediction - target)^2}. */
  public static Tensor mseLoss(Tensor prediction, Tensor target) {
    return LossOps.meanSquaredError(prediction, target, 0);
  }

  /**
   * The sum of {@code (prediction - target)^2} over a divisor; see {@link
   * CrossEntropyOptions#normalizer}.
   */
  public static Tensor mseLoss(Tensor prediction, Tensor target, float normalizer) {
    return LossOps.meanSquaredError(prediction, target, normalizer);
  }

  /**
   * The mean of {@code -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x))} for targets t in [0, 1] of
   * the logits' shape.
   */
  public static Tensor binaryCrossEntropyWithLogits(Tensor logits, Tensor target) {
    return LossOps.binaryCrossEntropyWithLogits(logits, target, 0);
  }

  /** The sum of the same over a divisor. */
  public static Tensor binaryCrossEntropyWithLogits(
      Tensor logits, Tensor target, float normalizer) {
    return LossOps.binaryCrossEntropyWithLogits(logits, target, normalizer);
  }
}
