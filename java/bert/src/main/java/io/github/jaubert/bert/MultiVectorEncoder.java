package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * An encoder that makes a vector of each token, and compares queries and documents by these, see
 * {@link MaxSim}: late interaction (Khattab and Zaharia 2020, "ColBERT"; Santhanam et al. 2022,
 * "ColBERTv2"), what sentence-transformers calls a {@code MultiVectorEncoder}. A vector is a linear
 * projection of a token's hidden state, without a bias, divided by its norm.
 *
 * <p>Its folders are PyLate's, which sentence-transformers loads, too: the encoder as {@code
 * transformers} has it, and beside it modules.json, 1_Dense and config_sentence_transformers.json.
 * Those that sentence-transformers or Stanford's ColBERT wrote are read.
 *
 * <pre>{@code
 * MultiVectorEncoder model = MultiVectorEncoder.fromPretrained(dir);
 * try (MultiVectorTokens tokens = model.tokens(tokenizer)) {
 *   TokenBatch queries = TokenBatch.of(tokens.queries(List.of("who wrote it?"), done -> {}));
 *   TokenBatch documents = TokenBatch.of(tokens.documents(texts, done -> {}));
 *   Tensor scores =
 *       MaxSim.scores(
 *           model.queries(model.encoder().inputs(queries)),
 *           queries.lengths(),
 *           model.forward(documents),
 *           ScoredTokens.of(documents, tokens::isScored));
 * }
 * }</pre>
 */
public final class MultiVectorEncoder extends EncoderModel<MultiVectorEncoder> {
  /** What messages and files call it. */
  public static final HeadType TYPE =
      new HeadType(
          MultiVectorEncoder.class,
          "MultiVector",
          "queries and documents",
          MultiVectorFolder.WEIGHT,
          false);

  /** How many numbers a token's vector has unless said otherwise. */
  public static final int DIMENSIONS = 128;

  private final Linear linear;
  private MultiVectorSettings settings;
  private int mask; // -1: none
  private MultiVectorFolder folder; // null: not loaded from one

  private MultiVectorEncoder(Encoder encoder, MultiVectorSettings settings, int dimensions) {
    super(TYPE, encoder);
    this.settings = settings;
    linear = add("linear", EncoderLayer.linear(config().hiddenSize(), dimensions, false));
  }

  // ---- making one ----

  /**
   * An encoder, which belongs to the result from now on and loses its pooler, with a new projection
   * and the usual settings, see {@link MultiVectorSettings#of}.
   *
   * @param tokenizer of the encoder; it remains the caller's
   * @param dimensions of a token's vector, such as {@link #DIMENSIONS}
   * @throws IllegalArgumentException if they are less than 1; the encoder is still the caller's
   */
  public static MultiVectorEncoder of(Encoder encoder, Tokenizer tokenizer, int dimensions) {
    if (dimensions < 1) {
      throw new IllegalArgumentException("dimensions " + dimensions + ": from 1");
    }
    MultiVectorEncoder model =
        new MultiVectorEncoder(encoder, MultiVectorSettings.of(tokenizer), dimensions)
            .initialiseHead();
    model.mask = tokenizer.maskId();
    return model;
  }

  /**
   * Loads a folder of PyLate, sentence-transformers or Stanford's ColBERT.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or a file says what is not supported
   */
  public static MultiVectorEncoder fromPretrained(Path folder) {
    ModelFolder.recover(folder);
    ConfigJson json = ConfigJson.of(folder);
    EncoderConfig config = Architectures.readConfig(json);
    MultiVectorFolder files = MultiVectorFolder.read(folder);
    try (HeadFolder from =
        HeadFolder.of(
            folder.toString(),
            TYPE,
            json,
            weights(folder, config, files),
            () -> TokenizerFiles.readIfPresent(folder))) {
      int dimensions = from.head() == null ? DIMENSIONS : Math.toIntExact(from.head().size(0));
      MultiVectorEncoder model =
          from.load(
              encoder -> new MultiVectorEncoder(encoder, files.settings(), dimensions),
              true,
              "MultiVectorEncoder.of(Encoder.fromPretrained(folder), tokenizer, dimensions)");
      model.folder = files;
      TokenizerFiles tokenizer = model.tokenizerFiles();
      model.mask = tokenizer == null ? -1 : tokenizer.maskId();
      return model;
    }
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static MultiVectorEncoder fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  private static StateDict weights(Path folder, EncoderConfig config, MultiVectorFolder files) {
    StateDict encoder = LoraFolder.openWeights(folder, config.architecture());
    try {
      return files.withProjection(encoder);
    } catch (RuntimeException | Error e) {
      encoder.close();
      throw e;
    }
  }

  /**
   * Whether a folder holds one.
   *
   * @throws CheckpointException if a save was interrupted there and cannot be finished, or a file
   *     that says it is damaged
   */
  public static boolean isIn(Path folder) {
    return MultiVectorFolder.isIn(folder);
  }

  // ---- what is said of it ----

  /** How many numbers a token's vector has. */
  public int dimensions() {
    return Math.toIntExact(linear.weight().size(0));
  }

  /** How texts are read. */
  public MultiVectorSettings settings() {
    return settings;
  }

  /**
   * Chooses how texts are read.
   *
   * @return this model
   */
  public MultiVectorEncoder settings(MultiVectorSettings settings) {
    this.settings = Objects.requireNonNull(settings, "settings");
    return this;
  }

  /**
   * What makes tokens of texts by the settings that the model has now.
   *
   * @param tokenizer of the encoder; it remains the caller's
   * @throws IllegalArgumentException if its vocabulary lacks a marker or the mask
   */
  public MultiVectorTokens tokens(Tokenizer tokenizer) {
    return new MultiVectorTokens(settings, tokenizer, config().maxPositionEmbeddings());
  }

  // ---- using it ----

  /**
   * The vectors of documents' tokens, F32 {@code [tokens, dimensions]}, each of length 1.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    Tensor hidden = encoder().forward(inputs).lastHidden().to(DType.F32);
    return F.normalize(linear.forward(hidden));
  }

  /**
   * The vectors of queries' tokens, F32 {@code [tokens, dimensions]}. What a query is filled up
   * with attends to its words, but, unless the settings say so, no word attends to it. (A {@code
   * [MASK]} in the text of a query is taken for the same.)
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does, or if queries are filled up
   *     and heads have more than 120 dimensions
   * @throws IllegalStateException if queries are filled up and no tokenizer told with what
   */
  public Tensor queries(TokenInputs inputs) {
    if (!settings.hidesExpansion()) {
      return forward(inputs);
    }
    if (mask < 0) {
      throw new IllegalStateException("the folder has no tokenizer with a mask token");
    }
    return forward(inputs.hiding(mask));
  }

  @Override
  boolean isEncoderAlone() {
    return true;
  }

  @Override
  Map<String, AtomicFile.Content> moreFiles(TokenizerFiles tokenizer) {
    return MultiVectorFolder.files(linear.weight(), settings, folder);
  }

  @Override
  protected String kind() {
    return "MultiVectorEncoder(%d dimensions)".formatted(dimensions());
  }
}
