package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * An encoder with a linear layer on the hidden state of every token that tells whether an answer
 * begins or ends there (Devlin et al. 2018, section 4.2): Hugging Face's {@code
 * BertForQuestionAnswering} and its likes, with their parameter names ({@code bert.…}, {@code
 * qa_outputs.…}). As there, the encoder has no pooler. It reads a question and a context as a pair
 * of texts; the first token, {@code [CLS]}, stands for "no answer here".
 */
public final class QuestionAnswerer extends EncoderModel<QuestionAnswerer> {
  private static final String OUTPUTS = "qa_outputs";

  /** A target for a sequence that does not count. */
  public static final int IGNORED = -100;

  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(
          QuestionAnswerer.class, "QuestionAnswering", "questions", OUTPUTS + ".weight", false);

  private final Layer transform; // null: there is none
  private final Dropout dropout;
  private final Linear outputs;

  private QuestionAnswerer(Encoder encoder) {
    super(TYPE, encoder);
    transform = encoder().newTokenTransform();
    Architecture architecture = config().architecture();
    Group names = new Group();
    if (transform != null) {
      transform
          .children()
          .forEach((name, child) -> names.put(architecture.headName(TYPE, name), child));
    }
    outputs =
        names.put(
            architecture.headName(TYPE, OUTPUTS), EncoderLayer.linear(config().hiddenSize(), 2));
    names.children().forEach(this::add);
    dropout = add("dropout", Dropout.of((float) config().questionDropoutProb()));
  }

  // ---- making one ----

  /** A new model, initialised like {@link Encoder#of}. */
  public static QuestionAnswerer of(EncoderConfig config) {
    return of(Encoder.of(config));
  }

  /** An encoder, which belongs to the result from now on and loses its pooler, with a new head. */
  public static QuestionAnswerer of(Encoder encoder) {
    return new QuestionAnswerer(encoder).initialiseHead();
  }

  /**
   * Loads a Hugging Face folder, to be used as it is: all its weights must be there.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  public static QuestionAnswerer fromPretrained(Path folder) {
    return load(folder, TYPE, QuestionAnswerer::new);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static QuestionAnswerer fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a Hugging Face folder to train it further. What it lacks is initialised, and if its head
   * is of another kind all of it; one warning says so.
   *
   * @throws CheckpointException if a file is missing or damaged, or the weights do not fit
   *     config.json
   */
  public static QuestionAnswerer forTraining(Path folder) {
    return loadForTraining(folder, TYPE, QuestionAnswerer::new);
  }

  /**
   * Whether a Hugging Face folder says that its model answers questions.
   *
   * @throws CheckpointException if config.json is missing or damaged
   */
  public static boolean isIn(Path folder) {
    return TYPE.isIn(folder);
  }

  // ---- using it ----

  /**
   * Computes the logits of start and end, F32 {@code [tokens, 2]}, before a softmax over the tokens
   * of each sequence.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    Tensor hidden = encoder().forward(inputs).lastHidden().to(DType.F32);
    return outputs.forward(dropout.forward(transform == null ? hidden : transform.forward(hidden)));
  }

  /**
   * The mean of the cross-entropies of starts and ends, each of them the mean over the sequences
   * whose target lies in them. That is what transformers computes of sequences without padding; of
   * a padded batch it has the padding in its softmax, too.
   *
   * @param logits {@code [tokens, 2]}, as {@link #forward} gives them
   * @param lengths where the sequences lie
   * @param starts for each sequence the token, counted from its first, where the answer begins; one
   *     that lies outside the sequence does not count
   * @param ends the same of the answer's last token
   */
  public Tensor loss(Tensor logits, PackedSequences lengths, int[] starts, int[] ends) {
    SpanRows spans = SpanRows.of(lengths, Math.max(1, lengths.maxLength()));
    return loss(
        logits,
        Tensor.of(spans.rows()).to(logits.device()),
        Tensor.of(spans.padding(), lengths.count(), spans.width()).to(logits.device()),
        Tensor.of(inside(lengths, starts)).to(logits.device()),
        Tensor.of(inside(lengths, ends)).to(logits.device()),
        0);
  }

  /**
   * The same of tensors, which a recorded step can overwrite.
   *
   * @param rows {@link SpanRows#rows}, I32 {@code [sequences × width]}
   * @param padding {@link SpanRows#padding}, F32 {@code [sequences, width]}
   * @param starts I32 or I64 {@code [sequences]}, each less than the length of its sequence; {@link
   *     #IGNORED} for one that does not count
   * @param ends the same
   * @param count what the sums over the sequences are divided by; 0: the number of those that count
   */
  public Tensor loss(
      Tensor logits, Tensor rows, Tensor padding, Tensor starts, Tensor ends, float count) {
    long sequences = padding.shape().size(0);
    long width = padding.shape().size(1);
    Tensor table = logits.indexSelect(0, rows).reshape(sequences, width, 2);
    CrossEntropyOptions options = CrossEntropyOptions.defaults().withNormalizer(count);
    Tensor start = table.narrow(2, 0, 1).reshape(sequences, width).add(padding);
    Tensor end = table.narrow(2, 1, 1).reshape(sequences, width).add(padding);
    return F.crossEntropy(start, starts, options).add(F.crossEntropy(end, ends, options)).mul(0.5f);
  }

  private static int[] inside(PackedSequences lengths, int[] places) {
    if (places.length != lengths.count()) {
      throw new IllegalArgumentException(
          "loss: %d targets for %d sequences".formatted(places.length, lengths.count()));
    }
    int[] targets = new int[places.length];
    for (int i = 0; i < targets.length; i++) {
      boolean outside = places[i] < 0 || places[i] >= lengths.length(i);
      targets[i] = outside ? IGNORED : places[i];
    }
    return targets;
  }
}
