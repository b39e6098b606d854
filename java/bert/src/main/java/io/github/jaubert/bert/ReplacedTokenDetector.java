package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;

/**
 * An encoder with a head that tells for each token whether it was replaced: the discriminator of
 * Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than
 * Generators". It is Hugging Face's {@code ElectraForPreTraining}, with its parameter names ({@code
 * electra.…}, {@code discriminator_predictions.…}); {@code transformers} has none for other
 * encoders.
 */
public final class ReplacedTokenDetector extends EncoderModel<ReplacedTokenDetector> {
  private static final String PREDICTIONS = "discriminator_predictions.";

  /** What config.json and checkpoints call it. */
  public static final HeadType TYPE =
      new HeadType(
          ReplacedTokenDetector.class,
          "PreTraining",
          "replaced tokens",
          PREDICTIONS + "dense.weight",
          false);

  private final Linear dense;
  private final Linear prediction;
  private final Activation activation;

  private ReplacedTokenDetector(Encoder encoder) {
    super(TYPE, encoder);
    int hidden = config().hiddenSize();
    Group names = new Group();
    dense = names.put(PREDICTIONS + "dense", EncoderLayer.linear(hidden, hidden));
    prediction = names.put(PREDICTIONS + "dense_prediction", EncoderLayer.linear(hidden, 1));
    names.children().forEach(this::add);
    activation = config().detectorActivation();
  }

  // ---- making one ----

  /** A new model, initialised like {@link Encoder#of}. */
  public static ReplacedTokenDetector of(EncoderConfig config) {
    return of(Encoder.of(config));
  }

  /** An encoder, which belongs to the result from now on and loses its pooler, with a new head. */
  public static ReplacedTokenDetector of(Encoder encoder) {
    return new ReplacedTokenDetector(encoder).initialiseHead();
  }

  /**
   * Loads a Hugging Face folder, to be used as it is: all its weights must be there.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or there is no head or one of another kind
   */
  public static ReplacedTokenDetector fromPretrained(Path folder) {
    return load(folder, TYPE, ReplacedTokenDetector::new);
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static ReplacedTokenDetector fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Loads a Hugging Face folder to train it further. What it lacks is initialised, and if its head
   * is of another kind all of it; one warning says so.
   *
   * @throws CheckpointException if a file is missing or damaged, or the weights do not fit
   *     config.json
   */
  public static ReplacedTokenDetector forTraining(Path folder) {
    return loadForTraining(folder, TYPE, ReplacedTokenDetector::new);
  }

  // ---- using it ----

  /**
   * Computes the logit of "replaced" for each token, F32 {@code [tokens]}, before the sigmoid.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    Tensor hidden = encoder().forward(inputs).lastHidden().to(DType.F32);
    return prediction.forward(dense.forward(hidden, activation)).flatten();
  }

  /**
   * The binary cross-entropy of the tokens, summed and divided by {@code count}.
   *
   * @param logits F32 {@code [tokens]}, as {@link #forward} gives them
   * @param replaced for each token 1 if it was replaced, 0 if not, -100 if it does not count, such
   *     as one of padding, {@code [tokens]}, I32 or I64, on the device of the logits
   * @param count what the sum is divided by; 0: the number of tokens that count, of which there
   *     must be one
   */
  public Tensor loss(Tensor logits, Tensor replaced, float count) {
    Tensor target = replaced.to(DType.F32);
    Tensor counts = target.clamp(-1, 0).add(1); // 0 for -100, else 1
    // softplus(x) - t x is -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)).
    Tensor sum = logits.softplus().sub(target.mul(logits)).mul(counts).sum();
    return count > 0 ? sum.div(count) : sum.div(counts.sum());
  }
}
