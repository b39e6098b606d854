package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.TensorFlowWeights;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An encoder with a head that tells which token of the vocabulary stood at a place (Devlin et al.
 * 2019): Hugging Face's {@code BertForMaskedLM}, {@code DistilBertForMaskedLM} and their like, with
 * their parameter names ({@code bert.…}, {@code cls.predictions.…}; {@code distilbert.…}, {@code
 * vocab_transform.…}). As there, the decoder is tied to the word embeddings, and the encoder has no
 * pooler.
 */
public final class MaskedLanguageModel extends EncoderModel<MaskedLanguageModel> {
  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(
          MaskedLanguageModel.class, "MaskedLM", "masked tokens", MaskedTokenHead.WEIGHT, false);

  private final MaskedTokenHead head;

  private MaskedLanguageModel(Encoder encoder) {
    super(TYPE, encoder);
    Group names = new Group();
    head = new MaskedTokenHead(encoder(), names);
    names.children().forEach(this::add);
  }

  // ---- making one ----

  /** A new model, initialised like {@link Encoder#of}. */
  public static MaskedLanguageModel of(EncoderConfig config) {
    return of(Encoder.of(config));
  }

  /** An encoder, which belongs to the result from now on and loses its pooler, with a new head. */
  public static MaskedLanguageModel of(Encoder encoder) {
    return new MaskedLanguageModel(encoder).initialiseHead();
  }

  /**
   * Loads a Hugging Face folder, to be used as it is: all its weights must be there. Copies that
   * older files hold of tied weights ({@code cls.predictions.decoder.…}) may be there or not.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, there is no head or one of another kind, or its
   *     decoder is not tied to the word embeddings
   */
  public static MaskedLanguageModel fromPretrained(Path folder) {
    return load(folder, TYPE, MaskedLanguageModel::new);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static MaskedLanguageModel fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a checkpoint of TensorFlow, such as Google's BERT, to be used as it is.
   *
   * @param path see {@link TensorFlowWeights#open}
   * @throws CheckpointException as {@link #fromPretrained} does
   */
  public static MaskedLanguageModel fromTensorFlow(Path path) {
    return loadTensorFlow(path, TYPE, MaskedLanguageModel::new);
  }

  /**
   * Loads a Hugging Face folder to train it further. What it lacks of the head is initialised, and
   * if its head is of another kind all of it; one warning says so.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, or the decoder is not tied to the word embeddings
   */
  public static MaskedLanguageModel forTraining(Path folder) {
    return loadForTraining(folder, TYPE, MaskedLanguageModel::new);
  }

  /**
   * Whether a Hugging Face folder says that its model has a head for masked tokens.
   *
   * @throws CheckpointException if config.json is missing or damaged
   */
  public static boolean isIn(Path folder) {
    return TYPE.isIn(folder);
  }

  /**
   * The same model with another number of tokens, see {@link Encoder#resizeTokenEmbeddings}: the
   * decoder, which is tied to the word embeddings, has their rows, and a new token the mean of the
   * biases. This one is closed, and of no use any more.
   *
   * @throws IllegalArgumentException as {@link Encoder#resizeTokenEmbeddings}
   * @throws IllegalStateException as {@link Encoder#resizeTokenEmbeddings}
   */
  public MaskedLanguageModel resizeTokenEmbeddings(int tokens) {
    String prefix = encoder().architecture().prefix() + ".";
    Map<String, float[]> own = new LinkedHashMap<>();
    for (Parameter parameter : parameters()) {
      if (!parameter.name().startsWith(prefix)) {
        own.put(parameter.name(), parameter.tensor().toFloats());
      }
    }
    boolean training = training();
    Device device = parameters().get(0).tensor().device();
    MaskedLanguageModel result =
        new MaskedLanguageModel(encoder().resizeTokenEmbeddings(tokens)).to(device);
    for (Parameter parameter : result.parameters()) {
      float[] values = own.get(parameter.name());
      if (values != null) {
        boolean bias = values.length != parameter.tensor().numel();
        parameter.tensor().copyFrom(bias ? AddedRows.resized(values, 1, tokens) : values);
      }
    }
    if (!training) {
      result.eval();
    }
    close();
    return result;
  }

  @Override
  protected Map<String, String> copies() {
    return head.copies();
  }

  // ---- using it ----

  /**
   * Computes the logits of all tokens, F32 {@code [tokens, vocabulary]}, before softmax. They take
   * much room: of 4,096 tokens and BERT's vocabulary 500 MB; {@link #logits} computes some.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    return head.logits(encoder().forward(inputs).lastHidden());
  }

  /**
   * Computes the logits of some tokens, F32 {@code [rows, vocabulary]}, before softmax; neither the
   * head nor what comes after the last layer's attention is computed for others.
   *
   * @param rows which tokens, I32 {@code [rows]}, on the device of this model
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  public Tensor logits(TokenInputs inputs, Tensor rows) {
    return head.logits(encoder().lastHidden(inputs, rows));
  }

  /**
   * The same of the hidden states of tokens, for who needs these too.
   *
   * @param hidden behind the last layer, {@code [rows, hidden]} of {@link #computeType}
   */
  public Tensor logits(Tensor hidden) {
    return head.logits(hidden);
  }

  /**
   * The loss of masked tokens: the sum of their cross-entropies, divided by {@code count}. Like
   * {@link #logits} it computes these tokens only.
   *
   * @param rows which tokens, I32 {@code [rows]}, on the device of this model
   * @param labels the tokens that stood there, {@code [rows]}, I32 or I64, on any device; -100 for
   *     a row that does not count
   * @param count what the sum is divided by: with gradient accumulation the number of rows of all
   *     its batches that count; 0: those of this one
   * @throws IllegalArgumentException as {@link Encoder#forward} does, or if there are not as many
   *     labels as rows
   */
  public Tensor loss(TokenInputs inputs, Tensor rows, Tensor labels, float count) {
    return loss(inputs, rows, labels, count, null);
  }

  /**
   * The same, which also counts the tokens that are told, as long as the logits are there.
   *
   * @param hits F32 {@code [1]}, on the device of this model: the number of rows whose largest
   *     logit is their label's is added to it; null: they are not counted
   */
  public Tensor loss(TokenInputs inputs, Tensor rows, Tensor labels, float count, Tensor hits) {
    return head.loss(encoder().lastHidden(inputs, rows), labels, count, hits);
  }
}
