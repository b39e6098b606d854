package io.github.jaubert.bert;

import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * A {@link TokenBatch} as a model reads it: tensors on its device, made by {@link Encoder#inputs}.
 * A captured step reads the same tensors at every replay, and {@link #set} gives them the values of
 * another batch. They belong to the scope they were made in, unless {@link #unscoped} takes them.
 */
public final class TokenInputs implements AutoCloseable {
  private final Encoder model;
  private final Tensor inputIds;
  private final Tensor positionIds;
  private final Tensor tokenTypeIds;
  private final Tensor starts;
  private final PaddedAttention paddedAttention; // null: the layers have no use for it
  private PackedSequences lengths;
  private HiddenTokens hidden; // null: none

  /** Of a batch that the model has checked. */
  TokenInputs(Encoder model, Device device, TokenBatch batch) {
    this.model = model;
    lengths = batch.lengths();
    inputIds = Tensor.of(batch.inputIds()).to(device);
    positionIds = lengths.positionIds().to(device);
    tokenTypeIds = Tensor.of(types(batch)).to(device);
    starts = lengths.starts().to(device);
    paddedAttention = padded(model, device, lengths);
  }

  /** Other tokens in the same places. */
  TokenInputs(Encoder model, TokenInputs places, Tensor inputIds) {
    if (inputIds.rank() != 1 || inputIds.numel() != places.tokens()) {
      throw new IllegalArgumentException(
          "input ids " + inputIds.shape() + " for " + places.tokens() + " tokens");
    }
    this.model = model;
    this.inputIds = inputIds;
    lengths = places.lengths;
    positionIds = places.positionIds;
    tokenTypeIds = places.tokenTypeIds;
    starts = places.starts;
    paddedAttention = padded(model, inputIds.device(), lengths);
  }

  private static PaddedAttention padded(Encoder model, Device device, PackedSequences lengths) {
    IntUnaryOperator buckets = model.relativeBuckets();
    return buckets == null ? null : new PaddedAttention(lengths, device, buckets);
  }

  /** The segments, of which some models know no more than one, whatever a tokenizer says. */
  private int[] types(TokenBatch batch) {
    return model.config().readsTypes() ? batch.tokenTypeIds() : new int[batch.tokens()];
  }

  /** Refuses another model, whose vocabulary and positions the values were not checked against. */
  void requireMadeBy(Encoder other) {
    if (other != model) {
      throw new IllegalArgumentException("these inputs were made by another model's inputs(batch)");
    }
  }

  /**
   * Overwrites all tensors with the values of another batch.
   *
   * @return this
   * @throws IllegalArgumentException if it has not as many sequences and tokens ({@link
   *     TokenBatch#padTo} makes tokens equal), or as {@link Encoder#pooled(TokenBatch)} does;
   *     nothing is changed then
   * @throws UnsupportedOperationException if the model's steps cannot be captured, see {@link
   *     Encoder#canBeCaptured}
   */
  public TokenInputs set(TokenBatch batch) {
    model.requireCapture();
    PackedSequences others = batch.lengths();
    if (others.count() != lengths.count()
        || others.tokens() != lengths.tokens()
        || others.isPadded() != lengths.isPadded()) {
      throw new IllegalArgumentException(
          "the inputs were made for " + lengths + "; " + others + " do not fit");
    }
    batch.requireWithin(model.config());
    EncoderOutput.requireTokens(others);
    inputIds.copyFrom(batch.inputIds());
    positionIds.copyFrom(others.positions());
    tokenTypeIds.copyFrom(types(batch));
    starts.copyFrom(Arrays.copyOf(others.cuSeqlens(), others.count()));
    lengths = others;
    return this;
  }

  /**
   * The same tensors, of which the tokens of one id are hidden: they attend to the others of their
   * sequence, but no token attends to them.
   *
   * @param id such as that of {@code [MASK]}
   * @throws IllegalArgumentException if the model's attention cannot hide any
   */
  TokenInputs hiding(int id) {
    if (paddedAttention != null) {
      throw new IllegalArgumentException(
          model.config().architecture().name()
              + ": its attention hides no tokens; queries are to attend to what they are filled up"
              + " with, or not to be filled up");
    }
    TokenInputs same = new TokenInputs(model, this, inputIds);
    same.hidden = HiddenTokens.of(inputIds, id);
    return same;
  }

  /** The tokens that no token attends to; null if there are none. */
  HiddenTokens hidden() {
    return hidden;
  }

  /** Token ids, I32 {@code [tokens]}. */
  public Tensor inputIds() {
    return inputIds;
  }

  /** Each token's place in its sequence, I32 {@code [tokens]}. */
  public Tensor positionIds() {
    return positionIds;
  }

  /** The segment of each token, I32 {@code [tokens]}. */
  public Tensor tokenTypeIds() {
    return tokenTypeIds;
  }

  /** The row of the first token of each sequence, I32 {@code [sequences]}. */
  public Tensor starts() {
    return starts;
  }

  /** Where the sequences lie. */
  public PackedSequences lengths() {
    return lengths;
  }

  /** What computes attention with a bias by distance; null if the model has no such biases. */
  public PaddedAttention paddedAttention() {
    return paddedAttention;
  }

  /** The number of tokens of all sequences, and of padding, together. */
  public int tokens() {
    return lengths.tokens();
  }

  /**
   * Takes the tensors out of their scope; the caller closes this.
   *
   * @return this
   */
  public TokenInputs unscoped() {
    inputIds.unscoped();
    positionIds.unscoped();
    tokenTypeIds.unscoped();
    starts.unscoped();
    if (paddedAttention != null) {
      paddedAttention.unscoped();
    }
    return this;
  }

  /** Frees the tensors. */
  @Override
  public void close() {
    inputIds.close();
    positionIds.close();
    tokenTypeIds.close();
    starts.close();
    if (paddedAttention != null) {
      paddedAttention.close();
    }
  }
}
