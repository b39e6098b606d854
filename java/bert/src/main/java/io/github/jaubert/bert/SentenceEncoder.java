package io.github.jaubert.bert;

import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/**
 * An encoder that makes one vector of each sentence, so that sentences which mean the same have
 * vectors with a small angle between them (Reimers and Gurevych 2019, "Sentence-BERT"): what
 * sentence-transformers calls a {@code SentenceTransformer} of Transformer, Pooling and perhaps
 * Normalize. Its folders hold the encoder as {@code transformers} has it, and beside it the files
 * of sentence-transformers: modules.json, 1_Pooling/config.json, sentence_bert_config.json and
 * config_sentence_transformers.json, in the form that all its versions read.
 *
 * <pre>{@code
 * SentenceEncoder model = SentenceEncoder.of(Encoder.fromPretrained(dir), Pooling.MEAN);
 * Tensor vectors = model.forward(TokenBatch.of(tokenizer.encodeAll(sentences)));
 * }</pre>
 */
public final class SentenceEncoder extends EncoderModel<SentenceEncoder> {
  /** What messages call it; it has no weights of its own. */
  public static final HeadType TYPE =
      new HeadType(SentenceEncoder.class, "SentenceEmbedding", "sentences", null, false);

  private final Pooling pooling;
  private boolean normalize;
  private int dimensions; // 0: all
  private String prompt = "";
  private SentenceFolder folder; // null: not loaded from one of sentence-transformers

  private SentenceEncoder(Encoder encoder, Pooling pooling) {
    super(TYPE, encoder);
    this.pooling = Objects.requireNonNull(pooling, "pooling");
  }

  // ---- making one ----

  /** An encoder, which belongs to the result from now on and loses its pooler. */
  public static SentenceEncoder of(Encoder encoder, Pooling pooling) {
    return new SentenceEncoder(encoder, pooling);
  }

  /**
   * Loads a folder of sentence-transformers, or another Hugging Face folder, whose encoder then
   * pools by the mean, as sentence-transformers does.
   *
   * @throws CheckpointException if a file is missing or damaged, the weights do not fit
   *     config.json, a parameter is missing, or modules.json names a module that is not supported
   */
  public static SentenceEncoder fromPretrained(Path folder) {
    SentenceFolder files = SentenceFolder.read(folder);
    try (HeadFolder from = HeadFolder.open(folder, TYPE)) {
      SentenceEncoder model =
          from.load(
              encoder -> of(encoder, files.pooling()),
              false,
              "SentenceEncoder.of(Encoder.fromPretrained(folder), pooling)");
      model.normalize = files.normalize();
      model.folder = files;
      model.prompt = files.prompt();
      if (files.dimensions() > 0) {
        try {
          model.dimensions(files.dimensions());
        } catch (IllegalArgumentException e) {
          model.close();
          throw new CheckpointException(files.source(), e.getMessage(), e);
        }
      }
      return model;
    }
  }

  /**
   * The same for a folder or the name of a model on a hub, such as {@code OWNER/NAME}, which is
   * fetched if need be, see {@link ModelNames#folder}.
   */
  public static SentenceEncoder fromPretrained(String folderOrName) {
    return fromPretrained(ModelNames.folder(folderOrName, true));
  }

  /**
   * Whether a folder is one of sentence-transformers: has a modules.json.
   *
   * @throws CheckpointException if a save was interrupted there and cannot be finished
   */
  public static boolean isIn(Path folder) {
    return SentenceFolder.isIn(folder);
  }

  // ---- what is said of it ----

  /** How the tokens of a sentence become its vector. */
  public Pooling pooling() {
    return pooling;
  }

  /** Whether vectors are divided by their Euclidean norm, so that their products are cosines. */
  public boolean normalize() {
    return normalize;
  }

  /**
   * Chooses whether vectors are divided by their Euclidean norm; not unless said otherwise.
   *
   * @return this model
   */
  public SentenceEncoder normalize(boolean on) {
    normalize = on;
    return this;
  }

  /** How many numbers a vector has. */
  public int dimensions() {
    return dimensions == 0 ? config().hiddenSize() : dimensions;
  }

  /**
   * Keeps the first dimensions of a vector alone, as models take that were trained for it (Kusupati
   * et al. 2022, "Matryoshka Representation Learning"). They are normalised after that, if at all.
   *
   * @param count from 1 to the hidden size
   * @return this model
   * @throws IllegalArgumentException if it is outside
   */
  public SentenceEncoder dimensions(int count) {
    if (count < 1 || count > config().hiddenSize()) {
      throw new IllegalArgumentException(
          "dimensions %d: from 1 to the hidden size %d".formatted(count, config().hiddenSize()));
    }
    dimensions = count;
    return this;
  }

  /** What the folder says is to be put before a text, if nothing else is; nothing without one. */
  public String prompt() {
    return prompt;
  }

  // ---- using it ----

  /**
   * Computes the vectors of sentences, F32 {@code [sequences, dimensions]}.
   *
   * @throws IllegalArgumentException as {@link Encoder#forward} does, or if a sequence has no token
   */
  @Override
  public Tensor forward(TokenInputs inputs) {
    Tensor vectors = pooling.of(encoder(), inputs);
    vectors = dimensions == 0 ? vectors : vectors.narrow(1, 0, dimensions);
    return normalize ? F.normalize(vectors) : vectors;
  }

  @Override
  Map<String, AtomicFile.Content> moreFiles(TokenizerFiles tokenizer) {
    int most = config().maxPositionEmbeddings();
    int length = tokenizer == null ? most : Math.min(most, tokenizer.maxLength());
    return SentenceFolder.files(this, dimensions, length, folder);
  }

  /**
   * The most tokens of a sentence: what sentence_bert_config.json says, or else as many as the
   * model has positions.
   */
  public int maxLength() {
    int most = config().maxPositionEmbeddings();
    return folder == null || folder.maxLength() == 0 ? most : Math.min(most, folder.maxLength());
  }

  @Override
  protected String kind() {
    return "SentenceEncoder(%s%s, %d dimensions)"
        .formatted(pooling.mode(), normalize ? ", normalized" : "", dimensions());
  }
}
