package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.TensorFlowWeights;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/**
 * An encoder with both heads that BERT was pre-trained with (Devlin et al. 2019): one for masked
 * tokens, as {@link MaskedLanguageModel} has it, and one that tells whether the second text of a
 * pair follows the first. It is Hugging Face's {@code BertForPreTraining}, with its parameter names
 * ({@code cls.predictions.…}, {@code cls.seq_relationship.…}); {@code transformers} has none for
 * encoders without a pooler.
 */
public final class PreTrainingModel extends EncoderModel<PreTrainingModel> {
  /** What the names of the parameters for pairs begin with. */
  static final String PAIRS = "cls.seq_relationship.";

  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(
          PreTrainingModel.class,
          "PreTraining",
          "masked tokens and following texts",
          PAIRS + "weight",
          true);

  private final MaskedTokenHead head;
  private final Linear following;

  private PreTrainingModel(Encoder encoder) {
    super(TYPE, encoder);
    Group names = new Group();
    head = new MaskedTokenHead(encoder(), names);
    following = names.put("cls.seq_relationship", EncoderLayer.linear(config().hiddenSize(), 2));
    names.children().forEach(this::add);
  }

  /** A new model, initialised like {@link Encoder#of}. */
  public static PreTrainingModel of(EncoderConfig config) {
    return of(Encoder.of(config));
  }

  /** An encoder, which belongs to the result from now on, with new heads. */
  public static PreTrainingModel of(Encoder encoder) {
    return new PreTrainingModel(encoder).initialiseHead();
  }

  /**
   * Loads a Hugging Face folder, to be used as it is: all its weights must be there, but for copies
   * of tied weights.
   *
   * @throws CheckpointException as {@link MaskedLanguageModel#fromPretrained} does
   */
  public static PreTrainingModel fromPretrained(Path folder) {
    return load(folder, TYPE, PreTrainingModel::new);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static PreTrainingModel fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a checkpoint of TensorFlow, such as Google's BERT, to be used as it is.
   *
   * @param path see {@link TensorFlowWeights#open}
   * @throws CheckpointException as {@link #fromPretrained} does
   */
  public static PreTrainingModel fromTensorFlow(Path path) {
    return loadTensorFlow(path, TYPE, PreTrainingModel::new);
  }

  /**
   * Loads a Hugging Face folder to train it further, see {@link MaskedLanguageModel#forTraining}.
   *
   * @throws CheckpointException as that does
   */
  public static PreTrainingModel forTraining(Path folder) {
    return loadForTraining(folder, TYPE, PreTrainingModel::new);
  }

  @Override
  protected Map<String, String> copies() {
    return head.copies();
  }

  /**
   * Computes the logits of all tokens, F32 {@code [tokens, vocabulary]}, before softmax.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    return head.logits(encoder().forward(inputs).lastHidden());
  }

  /**
   * Computes for each sequence, which is a pair of texts, the logits of "the second text follows
   * the first" and "it does not", F32 {@code [sequences, 2]}, before softmax.
   *
   * @throws IllegalArgumentException as {@link Encoder#pooled(TokenInputs)} does
   */
  public Tensor following(TokenInputs inputs) {
    return following.forward(encoder().pooled(inputs));
  }

  /**
   * What both heads say.
   *
   * @param tokens the logits of some tokens, F32 {@code [rows, vocabulary]}
   * @param following see {@link #following}
   */
  public record Logits(Tensor tokens, Tensor following) {}

  /**
   * Computes the logits of some tokens and of all pairs, before softmax. What comes after the last
   * layer's attention is computed for these tokens and the first ones only.
   *
   * @param rows which tokens, I32 {@code [rows]}, on the device of this model
   * @throws IllegalArgumentException as {@link Encoder#pooled(TokenInputs)} does
   */
  public Logits logits(TokenInputs inputs, Tensor rows) {
    Hidden hidden = hidden(inputs, rows);
    return new Logits(head.logits(hidden.tokens()), following(hidden));
  }

  /**
   * The losses of both heads, scalars.
   *
   * @param tokens that of masked tokens
   * @param following that of pairs
   */
  public record Losses(Tensor tokens, Tensor following) {}

  /**
   * The losses of both heads: of masked tokens, as {@link MaskedLanguageModel#loss} has it, and of
   * pairs. Like {@link #logits} it computes what is asked for only.
   *
   * @param rows which tokens, I32 {@code [rows]}, on the device of this model
   * @param labels the tokens that stood there, {@code [rows]}, I32 or I64, on any device; -100 for
   *     a row that does not count
   * @param count what the sum over the rows is divided by; 0: the number of those that count
   * @param pairs for each sequence 0 if its second text follows the first, 1 if it does not, -100
   *     if it does not count, {@code [sequences]}, I32 or I64, on any device
   * @param pairCount what the sum over the pairs is divided by; 0: the number of those that count
   * @param hits F32 {@code [1]}, on the device of this model: the number of rows whose largest
   *     logit is their label's is added to it; null: they are not counted
   * @throws IllegalArgumentException as {@link Encoder#pooled(TokenInputs)} does, or if there are
   *     not as many labels as rows, or pairs as sequences
   */
  public Losses losses(
      TokenInputs inputs,
      Tensor rows,
      Tensor labels,
      float count,
      Tensor pairs,
      float pairCount,
      Tensor hits) {
    Hidden hidden = hidden(inputs, rows);
    Tensor tokens = head.loss(hidden.tokens(), labels, count, hits);
    Tensor logits = following(hidden);
    CrossEntropyOptions options = CrossEntropyOptions.defaults().withNormalizer(pairCount);
    return new Losses(tokens, F.crossEntropy(logits, pairs.to(logits.device()), options));
  }

  /** The sum of both {@link #losses}. */
  public Tensor loss(
      TokenInputs inputs, Tensor rows, Tensor labels, float count, Tensor pairs, float pairCount) {
    Losses losses = losses(inputs, rows, labels, count, pairs, pairCount, null);
    return losses.tokens().add(losses.following());
  }

  /** What each head reads: {@code [rows, hidden]} and {@code [sequences, hidden]}. */
  private record Hidden(Tensor tokens, Tensor first) {}

  private Hidden hidden(TokenInputs inputs, Tensor rows) {
    EncoderOutput.requireTokens(inputs.lengths());
    Tensor hidden = encoder().lastHidden(inputs, Tensor.concat(0, rows, inputs.starts()));
    long count = rows.size(0);
    return new Hidden(hidden.narrow(0, 0, count), hidden.narrow(0, count, inputs.starts().size(0)));
  }

  private Tensor following(Hidden hidden) {
    return following.forward(encoder().poolFirst(hidden.first()));
  }
}
