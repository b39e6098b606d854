package io.github.jaubert.bert.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.EncoderModel;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.MaskedLanguageModel;
import io.github.jaubert.bert.MultipleChoiceModel;
import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.PreTrainingModel;
import io.github.jaubert.bert.QuestionAnswerer;
import io.github.jaubert.bert.SentenceClassifier;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.models.albert.AlbertConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.distilbert.DistilBertConfig;
import io.github.jaubert.bert.models.electra.ElectraConfig;
import io.github.jaubert.bert.models.ernie.ErnieConfig;
import io.github.jaubert.bert.models.gte.GteConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.models.mpnet.MpNetConfig;
import io.github.jaubert.bert.models.nomic.NomicBertConfig;
import io.github.jaubert.bert.models.roberta.RobertaConfig;
import io.github.jaubert.bert.models.rotary.RotarySizes;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** ONNX Runtime says of padded batches what the model says of packed ones. */
class OnnxExportTest {
  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
  private static final int VOCABULARY = 91;
  private static final int TEXTS = 24;

  private final long seed = Seeds.SEED;
  private final Random random = new Random(seed);

  @TempDir Path folder;

  // ---- models ----

  private static BertConfig small(BertConfig config) {
    return config
        .withVocabSize(VOCABULARY)
        .withEncoder(24, 2, 3, 40)
        .withMaxPositions(33)
        .withDropout(0, 0);
  }

  private static RotarySizes small(RotarySizes sizes) {
    return sizes
        .withVocabSize(VOCABULARY)
        .withEncoder(24, 2, 3, 40)
        .withMaxPositions(33)
        .withDropout(0, 0);
  }

  /** A GTE without segments, whose positions are drawn together. */
  private static GteConfig scaled() {
    ObjectNode json = small(GteConfig.gteMultilingualBase().sizes()).toJson();
    json.put("type_vocab_size", 0).put("hidden_act", "gelu_new");
    json.putObject("rope_parameters").put("rope_type", "linear").put("factor", 1.5);
    return GteConfig.read(ConfigJson.of("test", json));
  }

  static Stream<EncoderConfig> encoders() {
    return Stream.of(
        small(BertConfig.bertBase()),
        new DistilBertConfig(VOCABULARY, 24, 2, 3, 40, "gelu", 0, 0, 31, false, 0.02, 0, 0, 0),
        new ElectraConfig(small(BertConfig.bertBase()), 24),
        new ElectraConfig(small(BertConfig.bertBase()), 14),
        new ErnieConfig(small(BertConfig.bertBase()), 3, true),
        new ErnieConfig(small(BertConfig.bertBase()), 3, false),
        RobertaConfig.robertaBase().with(OnnxExportTest::small),
        new AlbertConfig(small(BertConfig.bertBase()), 14, 1, 1, 0),
        new AlbertConfig(small(BertConfig.bertBase()).withEncoder(24, 5, 3, 40), 24, 2, 2, 0),
        MpNetConfig.mpnetBase().with(OnnxExportTest::small),
        MpNetConfig.mpnetBase().with(bert -> small(bert).withMaxPositions(150)),
        modern("cls", true),
        modern("mean", false),
        NomicBertConfig.nomicBertBase().with(OnnxExportTest::small),
        GteConfig.gteMultilingualBase().with(OnnxExportTest::small),
        scaled());
  }

  /** Windows of 5 tokens to each side, but in the second layer. */
  private static ModernBertConfig modern(String pooling, boolean biases) {
    return new ModernBertConfig(
        VOCABULARY,
        24,
        40,
        3,
        33,
        List.of("sliding_attention", "full_attention", "sliding_attention"),
        10,
        160_000,
        10_000,
        1e-5,
        biases,
        biases,
        biases,
        biases,
        biases,
        0,
        0,
        0,
        0,
        "gelu",
        pooling,
        0.02,
        3,
        0,
        1,
        2);
  }

  /** Large values everywhere, so that nothing that is left out goes unnoticed. */
  private <M extends EncoderModel<M>> M filled(M model) {
    model.eval();
    for (Parameter parameter : model.parameters()) {
      Tensor tensor = parameter.tensor();
      float[] values = new float[(int) tensor.numel()];
      boolean scale =
          parameter.name().matches(".*(LayerNorm|[a-z]+_norm|[a-z]+_ln|\\bnorm[12]?)\\.weight");
      for (int i = 0; i < values.length; i++) {
        values[i] = (scale ? 1 : 0) + 0.2f * (float) random.nextGaussian();
      }
      tensor.copyFrom(values);
    }
    return model;
  }

  // ---- both runtimes ----

  private TokenBatch batch(int longest, boolean types) {
    int[] lengths = random.ints(TEXTS, 1, longest + 1).toArray();
    lengths[0] = longest;
    PackedSequences packed = PackedSequences.of(lengths);
    int[] ids = random.ints(packed.tokens(), 5, VOCABULARY).toArray();
    int[] segments = random.ints(packed.tokens(), 0, types ? 2 : 1).toArray();
    return new TokenBatch(ids, segments, packed);
  }

  /** The outputs by name, {@code [batch][…]} each flat. */
  private static Map<String, float[]> run(Path file, TokenBatch batch, long... examples)
      throws OrtException {
    int width = batch.lengths().maxLength();
    int[] starts = batch.lengths().cuSeqlens();
    Map<String, long[]> columns = new HashMap<>();
    for (String name : List.of("input_ids", "attention_mask", "token_type_ids")) {
      long[] column = new long[batch.count() * width];
      for (int i = 0; i < batch.count(); i++) {
        for (int k = 0; k < batch.lengths().length(i); k++) {
          int row = starts[i] + k;
          column[i * width + k] =
              switch (name) {
                case "input_ids" -> batch.inputIds()[row];
                case "attention_mask" -> 1;
                default -> batch.tokenTypeIds()[row];
              };
        }
      }
      columns.put(name, column);
    }
    Map<String, float[]> outputs = new HashMap<>();
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      try (OrtSession session = ENVIRONMENT.createSession(file.toString(), options)) {
        for (String name : session.getInputNames()) {
          long[] shape = LongStream.concat(shape(batch, examples), LongStream.of(width)).toArray();
          inputs.put(
              name,
              OnnxTensor.createTensor(ENVIRONMENT, LongBuffer.wrap(columns.get(name)), shape));
        }
        try (OrtSession.Result result = session.run(inputs)) {
          for (var output : result) {
            OnnxTensor tensor = (OnnxTensor) output.getValue();
            float[] values = new float[tensor.getFloatBuffer().remaining()];
            tensor.getFloatBuffer().get(values);
            outputs.put(output.getKey(), values);
          }
        }
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
    return outputs;
  }

  /** Of texts, or of examples of several texts. */
  private static LongStream shape(TokenBatch batch, long... examples) {
    return examples.length == 0 ? LongStream.of(batch.count()) : LongStream.of(examples);
  }

  private static float[] ours(EncoderModel<?> model, TokenBatch batch) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      return model.forward(model.encoder().inputs(batch)).toFloats();
    }
  }

  private Map<String, float[]> exported(EncoderModel<?> model, TokenBatch batch)
      throws OrtException {
    Path file = folder.resolve("model.onnx");
    OnnxExport.write(model, file);
    return run(file, batch);
  }

  /** The rows of tokens out of those with padding. */
  private static float[] packed(float[] padded, TokenBatch batch) {
    int width = batch.lengths().maxLength();
    int size = padded.length / batch.count() / width;
    float[] rows = new float[batch.tokens() * size];
    int[] starts = batch.lengths().cuSeqlens();
    for (int i = 0; i < batch.count(); i++) {
      System.arraycopy(
          padded, i * width * size, rows, starts[i] * size, batch.lengths().length(i) * size);
    }
    return rows;
  }

  private void assertClose(float[] expected, float[] actual) {
    double most = 1;
    for (float value : expected) {
      most = Math.max(most, Math.abs(value));
    }
    assertArrayEquals(expected, actual, (float) (5e-5 * most), "seed " + seed);
  }

  // ---- heads ----

  @ParameterizedTest
  @MethodSource("encoders")
  void labelsOfTexts(EncoderConfig config) throws OrtException {
    try (SequenceClassifier model =
        filled(SequenceClassifier.of(config, Labels.of("a", "b", "c")))) {
      TokenBatch batch = batch(config.maxPositionEmbeddings(), config.readsTypes());
      assertClose(ours(model, batch), exported(model, batch).get("logits"));
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void labelsOfTokens(EncoderConfig config) throws OrtException {
    try (TokenClassifier model = filled(TokenClassifier.of(config, Labels.of("O", "B", "I")))) {
      TokenBatch batch = batch(17, config.readsTypes());
      assertClose(ours(model, batch), packed(exported(model, batch).get("logits"), batch));
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void maskedTokens(EncoderConfig config) throws OrtException {
    try (MaskedLanguageModel model = filled(MaskedLanguageModel.of(config))) {
      TokenBatch batch = batch(9, config.readsTypes());
      assertClose(ours(model, batch), packed(exported(model, batch).get("logits"), batch));
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void answers(EncoderConfig config) throws OrtException {
    try (QuestionAnswerer model = filled(QuestionAnswerer.of(config))) {
      TokenBatch batch = batch(13, config.readsTypes());
      float[] ours = ours(model, batch);
      Map<String, float[]> theirs = exported(model, batch);
      for (int column = 0; column < 2; column++) {
        float[] expected = new float[batch.tokens()];
        for (int i = 0; i < expected.length; i++) {
          expected[i] = ours[2 * i + column];
        }
        String name = column == 0 ? "start_logits" : "end_logits";
        assertClose(expected, packed(theirs.get(name), batch));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void vectorsOfTexts(EncoderConfig config) throws OrtException {
    for (Pooling pooling : Pooling.values()) {
      try (SentenceEncoder model = filled(SentenceEncoder.of(config.newEncoder(), pooling))) {
        TokenBatch batch = batch(11, config.readsTypes());
        assertClose(ours(model, batch), exported(model, batch).get("sentence_embedding"));
        model.dimensions(7).normalize(true);
        Map<String, float[]> outputs = exported(model, batch);
        assertClose(ours(model, batch), outputs.get("sentence_embedding"));
        try (NoGrad off = NoGrad.open();
            Scope scope = Scope.open()) {
          Tensor hidden = model.encoder().forward(model.encoder().inputs(batch)).lastHidden();
          assertClose(hidden.toFloats(), packed(outputs.get("last_hidden_state"), batch));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void choices(EncoderConfig config) throws OrtException {
    try (MultipleChoiceModel model = filled(MultipleChoiceModel.of(config))) {
      TokenBatch batch = batch(14, config.readsTypes());
      float[] ours = ours(model, batch);
      Path file = folder.resolve("model.onnx");
      OnnxExport.write(model, file);
      assertClose(ours, run(file, batch, TEXTS / 4, 4).get("logits"));
    }
  }

  @Test
  void labelsOfVectors() throws OrtException {
    BertConfig config = small(BertConfig.bertBase());
    float[] weight = new float[3 * 24];
    for (int i = 0; i < weight.length; i++) {
      weight[i] = (float) random.nextGaussian();
    }
    SentenceEncoder encoder = filled(SentenceEncoder.of(config.newEncoder(), Pooling.MEAN));
    try (SentenceClassifier model =
        SentenceClassifier.of(encoder, Labels.of("a", "b", "c"), weight, new float[] {1, 0, -1})) {
      TokenBatch batch = batch(15, true);
      Path file = folder.resolve("model.onnx");
      OnnxExport.write(model, file);
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        assertClose(model.forward(batch).toFloats(), run(file, batch).get("logits"));
      }
    }
  }

  @Test
  void otherActivations() throws OrtException {
    for (String name : List.of("relu", "gelu_new")) {
      BertConfig bert = small(BertConfig.bertBase());
      BertConfig other =
          new BertConfig(
              bert.vocabSize(),
              bert.hiddenSize(),
              bert.numHiddenLayers(),
              bert.numAttentionHeads(),
              bert.intermediateSize(),
              name,
              0,
              0,
              bert.maxPositionEmbeddings(),
              2,
              0.02,
              1e-7,
              0,
              null);
      try (MaskedLanguageModel model = filled(MaskedLanguageModel.of(other))) {
        TokenBatch batch = batch(12, true);
        assertClose(ours(model, batch), packed(exported(model, batch).get("logits"), batch));
      }
    }
  }

  // ---- what cannot be ----

  private static String refusal(EncoderModel<?> model, Path file) {
    try (model) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(model, file))
              .getMessage();
      assertTrue(!file.toFile().exists());
      return message;
    }
  }

  @Test
  void whatItDoesNotKnowIsRefusedByName() {
    Path file = folder.resolve("model.onnx");
    assertEquals(
        "PreTrainingModel cannot be written as ONNX yet",
        refusal(PreTrainingModel.of(small(BertConfig.bertBase())), file));
  }
}
