package io.github.jaubert.bert;

import static io.github.jaubert.bert.Goldens.relativeL2;
import static io.github.jaubert.bert.MaskedLanguageModelTest.assertGradients;
import static io.github.jaubert.bert.MaskedLanguageModelTest.at;
import static io.github.jaubert.bert.MaskedLanguageModelTest.floats;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labelled;
import static io.github.jaubert.bert.MaskedLanguageModelTest.labels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.gte.Gte;
import io.github.jaubert.bert.models.gte.GteConfig;
import io.github.jaubert.bert.models.nomic.NomicBert;
import io.github.jaubert.bert.models.nomic.NomicBertConfig;
import io.github.jaubert.bert.models.rotary.RotaryConfig;
import io.github.jaubert.bert.models.rotary.RotaryPositions;
import io.github.jaubert.fixture.Seeds;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small Nomic BERTs and GTEs against PyTorch's autograd in double precision. The figures are made
 * by src/test/python/golden_small_rotary.py.
 */
class RotaryModelsTest extends LoadFixture {
  private static final Path NOMIC = golden("nomic-masked-language");

  @Override
  Path golden() {
    return NOMIC;
  }

  private static Path golden(String name) {
    return TestFiles.golden("small-rotary").resolve(name);
  }

  private static JsonNode expected(String name) {
    return JsonFiles.readObject(golden(name).resolve("expected.json"));
  }

  private static EncoderModel<?> load(Path folder) {
    return MaskedLanguageModel.isIn(folder)
        ? MaskedLanguageModel.fromPretrained(folder)
        : TokenClassifier.isIn(folder)
            ? TokenClassifier.fromPretrained(folder)
            : SequenceClassifier.fromPretrained(folder);
  }

  // ---- figures ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nomic-masked-language",
        "nomic-sequence",
        "nomic-token",
        "gte-masked-language",
        "gte-sequence",
        "gte-token"
      })
  void hiddenStatesLossLogitsAndEveryGradient(String name) {
    JsonNode expected = expected(name);
    TokenBatch batch = Goldens.batch(expected);
    try (EncoderModel<?> model = load(golden(name));
        SafeTensors golden = SafeTensors.open(golden(name).resolve("hidden.safetensors"));
        Scope scope = Scope.open()) {
      List<Tensor> states = model.encoder().hiddenStates(batch);
      assertEquals(3, states.size());
      for (int i = 0; i < 3; i++) {
        double error = relativeL2(golden.floats("h" + i), states.get(i).toFloats());
        assertTrue(error < 2e-6, "h" + i + ": " + error);
      }
      model.train();
      TokenInputs inputs = model.encoder().inputs(batch);
      Tensor logits;
      Tensor loss;
      if (model instanceof MaskedLanguageModel masked) {
        int[] labels = labels(expected);
        int[] rows = labelled(labels);
        loss = masked.loss(inputs, Tensor.of(rows), at(rows, labels), 0);
        logits = masked.logits(inputs, Tensor.of(Arrays.copyOf(rows, 5)));
      } else {
        Classifier<?> classifier = (Classifier<?>) model;
        logits = classifier.forward(inputs);
        loss = classifier.loss(logits, Tensor.of(flat(expected.get("labels"))));
      }
      loss.backward();
      assertEquals(expected.get("loss").asDouble(), loss.item(), 1e-5);
      double error = relativeL2(floats(expected.get("logits")), logits.toFloats());
      assertTrue(error < 5e-6, "logits: " + error);
      assertGradients(model, golden(name));
    }
  }

  private static int[] flat(JsonNode labels) {
    return labels.get(0).isArray()
        ? labels(JsonFiles.object().set("labels", labels))
        : labels.valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  /** A rotation of several operations against that of one kernel, where both can compute it. */
  @Test
  void positionsThatAreDrawnTogetherAreFractions() {
    long seed = Seeds.seed("rotary positions");
    Rng rng = Rng.of(seed);
    Random random = new Random(seed);
    int[] places = random.ints(9, 0, 500).toArray();
    int[] doubled = Arrays.stream(places).map(p -> 2 * p).toArray();
    double theta = 10 + 1000 * random.nextDouble();
    try (Scope scope = Scope.open()) {
      Tensor x = Tensor.randn(rng, 9, 3, 14);
      Tensor plain = new RotaryPositions(theta, 1).turn(x, Tensor.of(places));
      Tensor half = new RotaryPositions(theta, 2).turn(x, Tensor.of(doubled));
      double error = relativeL2(plain.toFloats(), half.toFloats());
      assertTrue(error < 3e-4, error + ", " + Seeds.said()); // an ulp of 500 is 3e-5
      Tensor narrow = new RotaryPositions(theta, 2).turn(x.to(DType.BF16), Tensor.of(doubled));
      assertEquals(DType.BF16, narrow.dtype());
      assertTrue(relativeL2(plain.toFloats(), narrow.toFloats()) < 0.02, Seeds.said());
    }
  }

  // ---- folders ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nomic-masked-language",
        "nomic-sequence",
        "nomic-token",
        "gte-masked-language",
        "gte-sequence",
        "gte-token"
      })
  void writesTheBytesThatHuggingFaceWrites(String name) throws Exception {
    Path out = temporary.resolve("out");
    assertEquals("", warnings(() -> load(golden(name))));
    try (EncoderModel<?> model = load(golden(name))) {
      model.save(out);
    }
    assertArrayEquals(
        Files.readAllBytes(golden(name).resolve("model.safetensors")),
        Files.readAllBytes(out.resolve("model.safetensors")));
    ObjectNode wanted = JsonFiles.readObject(golden(name).resolve("config.json"));
    ObjectNode written = JsonFiles.readObject(out.resolve("config.json"));
    written.remove(List.of("torch_dtype", "problem_type")); // as older versions have it
    written
        .properties()
        .forEach(
            field -> assertEquals(wanted.get(field.getKey()), field.getValue(), field.getKey()));
    assertEquals(Architectures.readConfig(golden(name)), Architectures.readConfig(out));
  }

  /** As nomic-ai's files have it: GPT-2's fields, and an encoder that is called bert. */
  @Test
  void readsNomicsOwnFolders() {
    ObjectNode json = JsonFiles.object().put("model_type", "nomic_bert");
    json.putArray("architectures").add("NomicBertForMaskedLM");
    json.put("vocab_size", 67).put("n_embd", 20).put("n_layer", 2).put("n_head", 2);
    json.put("n_inner", 27).put("n_positions", 8192).put("activation_function", "swiglu");
    json.put("layer_norm_epsilon", 1e-12).put("rotary_emb_base", 1000);
    json.put("rotary_emb_fraction", 1.0).put("type_vocab_size", 2).put("resid_pdrop", 0.0);
    json.put("attn_pdrop", 0.0).put("prenorm", false).put("qkv_proj_bias", false);
    TestFiles.write(folder.resolve("config.json"), JsonFiles.format(json));
    rewrite(TestFiles.rename(weights, name -> name.replaceFirst("^nomic_bert\\.", "bert.")));
    assertEquals("", warnings(() -> MaskedLanguageModel.fromPretrained(folder)));
    NomicBertConfig config = NomicBertConfig.fromPretrained(folder);
    NomicBertConfig wanted =
        NomicBertConfig.fromPretrained(NOMIC).with(sizes -> sizes.withMaxPositions(8192));
    assertEquals(wanted, config);
    try (MaskedLanguageModel model = MaskedLanguageModel.fromPretrained(folder)) {
      assertSameAsGolden(model, "", 0);
    }
    configure("rotary_scaling_factor", 2.0);
    assertEquals(2048, NomicBertConfig.fromPretrained(folder).maxPositionEmbeddings());
    for (String refused :
        List.of(
            "activation_function | gelu | is neither swiglu nor geglu",
            "prenorm | true | only false is supported",
            "qkv_proj_bias | true | only false is supported",
            "moe_every_n_layers | 2 | moe_every_n_layers is 2.0; only 0.0 is supported")) {
      String[] parts = refused.split(" \\| ");
      TestFiles.write(folder.resolve("config.json"), JsonFiles.format(json));
      Object value = parts[1].equals("2") ? (Object) 2 : parts[1];
      configure(parts[0], parts[1].equals("true") ? Boolean.TRUE : value);
      String message =
          assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder))
              .getMessage();
      assertTrue(message.contains(parts[2]), message);
    }
  }

  /** As Alibaba's files have it: a model_type and an encoder called new, and a scaled rotation. */
  @Test
  void readsAlibabasOwnFolders() {
    Path theirs = TestFiles.copy(golden("gte-token"), temporary.resolve("gte"));
    ObjectNode json = JsonFiles.readObject(theirs.resolve("config.json"));
    json.remove("rope_parameters");
    json.put("model_type", "new").put("rope_theta", 20_000).put("position_embedding_type", "rope");
    json.put("layer_norm_type", "layer_norm").put("logn_attention_scale", false);
    json.putObject("rope_scaling").put("type", "ntk").put("factor", 8.0);
    json.putArray("architectures").add("NewForTokenClassification");
    TestFiles.write(theirs.resolve("config.json"), JsonFiles.format(json));
    TestFiles.writeWeights(
        theirs.resolve("model.safetensors"),
        TestFiles.rename(
            TestFiles.readWeights(golden("gte-token").resolve("model.safetensors")),
            name -> name.replaceFirst("^gte\\.", "new.")),
        "F32");
    assertEquals("", warnings(() -> TokenClassifier.fromPretrained(theirs)));
    // Its rates are (8 * 20000)^(-2 i / 10) / 8^(2 / 10).
    RotaryPositions positions = GteConfig.fromPretrained(theirs).sizes().positions();
    assertEquals(new RotaryPositions(160_000, Math.pow(8, 0.2)), positions);
    Path out = temporary.resolve("out");
    try (TokenClassifier model = TokenClassifier.fromPretrained(theirs)) {
      model.save(out);
    }
    ObjectNode saved = JsonFiles.readObject(out.resolve("config.json"));
    assertEquals("gte", saved.get("model_type").asText());
    assertEquals("GteForTokenClassification", saved.get("architectures").get(0).asText());
    assertEquals("linear", saved.get("rope_parameters").get("rope_type").asText());
    assertEquals(GteConfig.fromPretrained(theirs), GteConfig.fromPretrained(out));
    assertTrue(
        TestFiles.readWeights(out.resolve("model.safetensors"))
            .containsKey("gte.encoder.layer.1.attention.qkv_proj.weight"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hidden_size | 40 | is [67, 20], but config.json says hidden_size 40",
        "num_attention_heads | 4 | makes heads of 5; rotary positions need an even size",
        "hidden_act | mish | hidden_act 'mish' is not one of gelu, gelu_new, gelu_pytorch_tanh,"
            + " relu, silu, swish",
        "intermediate_size | 28 | is [27, 20], but config.json says intermediate_size 28",
        "type_vocab_size | 0 | type_vocab_size is 0; it must be at least 1",
        "head_dim | 8 | head_dim 8 is not supported",
        "num_hidden_layers | 3 | holds 2 layers, but config.json says num_hidden_layers 3",
        "rope_parameters | yarn | rope_type 'yarn' is not one of default, linear, ntk"
      })
  void whatDoesNotFitIsRefused(String line) {
    String[] parts = line.split(" \\| ");
    if (parts[1].equals("yarn")) {
      configure(parts[0], JsonFiles.object().put("rope_type", "yarn"));
    } else {
      configure("head_dim", null);
      configure(parts[0], parts[1].matches("\\d+") ? (Object) Integer.valueOf(parts[1]) : parts[1]);
    }
    String refusal =
        assertThrows(CheckpointException.class, () -> Encoder.fromPretrained(folder)).getMessage();
    assertTrue(refusal.contains(parts[2]), refusal);
  }

  // ---- sizes ----

  @Test
  void knowsItsSizeBeforeItIsMade() {
    for (String name : List.of("nomic-sequence", "gte-sequence", "gte-token")) {
      EncoderConfig config = Architectures.readConfig(golden(name));
      try (Encoder model = Encoder.of(config)) {
        assertEquals(config.parameterCount(), model.parameterCount(), name);
      }
    }
    // As printed for the models on the hub, and their poolers.
    double pooler = 769 * 768;
    assertEquals(136_731_648 + pooler, NomicBertConfig.nomicBertBase().parameterCount());
    assertEquals(305_368_320 + pooler, GteConfig.gteMultilingualBase().parameterCount());
    assertEquals(
        NomicBertConfig.nomicBertBase(),
        NomicBertConfig.read(ConfigJson.of("test", JsonFiles.object())));
    assertEquals(
        GteConfig.gteMultilingualBase(), GteConfig.read(ConfigJson.of("test", JsonFiles.object())));
  }

  // ---- other things that are done with encoders ----

  private static Encoder newEncoder(RotaryConfig config) {
    return config instanceof GteConfig gte ? Gte.of(gte) : NomicBert.of((NomicBertConfig) config);
  }

  @Test
  void takesMoreTokensAndComputesInSixteenBits() {
    TokenBatch batch = Goldens.batch(expected("gte-token"));
    for (String name : List.of("nomic-token", "gte-token")) {
      try (Encoder model = Encoder.fromPretrained(golden(name)).resizeTokenEmbeddings(70);
          Encoder before = Encoder.fromPretrained(golden(name));
          Scope scope = Scope.open()) {
        float[] wide = before.forward(batch).lastHidden().toFloats();
        assertArrayEquals(wide, model.forward(batch).lastHidden().toFloats(), name);
        model.computeType(DType.BF16);
        float[] narrow = model.forward(batch).lastHidden().toFloats();
        assertTrue(relativeL2(wide, narrow) < 0.1, name);
      }
    }
  }

  /** What an adapter adds to the projections is in what they give, and stays when it is merged. */
  @Test
  void adaptersOfEveryLinearLayer() {
    TokenBatch batch = Goldens.batch(expected("gte-token"));
    for (String name : List.of("nomic-token", "gte-token")) {
      String[] targets =
          name.startsWith("gte")
              ? new String[] {"qkv_proj", "o_proj", "up_gate_proj", "down_proj"}
              : new String[] {"Wqkv", "out_proj", "fc11", "fc12", "fc2"};
      float[] adapted;
      float[] plain;
      try (TokenClassifier model = TokenClassifier.fromPretrained(golden(name));
          Scope scope = Scope.open()) {
        plain = model.forward(batch).toFloats();
        LoraModel lora = LoraModel.of(model, LoraConfig.of(2).withTargetModules(targets));
        Rng rng = Rng.of(Seeds.seed("adapters"));
        for (Parameter parameter : model.parameters()) {
          if (parameter.name().contains("lora_B")) {
            parameter.tensor().copyFrom(Tensor.randn(rng, parameter.shape().toArray()));
          }
        }
        adapted = model.forward(batch).toFloats();
        lora.merge();
        double error = relativeL2(adapted, model.forward(batch).toFloats());
        assertTrue(error < 1e-3, name + ": " + error + ", " + Seeds.said());
      }
      assertTrue(relativeL2(plain, adapted) > 1e-2, name + ", " + Seeds.said());
    }
    assertEquals(List.of("Wqkv"), NomicBert.ARCHITECTURE.loraTargets());
    assertEquals(List.of("qkv_proj"), Gte.ARCHITECTURE.loraTargets());
  }

  @Test
  void aScaledRotationIsNotRecorded() {
    try (Encoder plain = Encoder.fromPretrained(golden("nomic-token"));
        Encoder scaled = Encoder.fromPretrained(golden("gte-token"))) {
      assertTrue(plain.canBeCaptured());
      assertEquals(
          "GTE: its steps cannot be recorded as graphs, since its rotation is a scaled one",
          assertThrows(UnsupportedOperationException.class, scaled::requireCapture).getMessage());
    }
  }

  @Test
  void dropsInTrainingOnly() {
    TokenBatch batch = Goldens.batch(expected("nomic-token"));
    for (String name : List.of("nomic-token", "gte-token")) {
      RotaryConfig config = (RotaryConfig) Architectures.readConfig(golden(name));
      RotaryConfig dropping =
          config instanceof GteConfig gte
              ? gte.with(sizes -> sizes.withDropout(0.3, 0.2))
              : ((NomicBertConfig) config).with(sizes -> sizes.withDropout(0.3, 0.2));
      try (Encoder model = newEncoder(dropping);
          Scope scope = Scope.open()) {
        Rng.seed(4);
        float[] first = model.pooled(batch).toFloats();
        assertFalse(Arrays.equals(first, model.pooled(batch).toFloats()), name);
        Rng.seed(4);
        assertArrayEquals(first, model.pooled(batch).toFloats(), name);
        model.eval();
        assertArrayEquals(model.pooled(batch).toFloats(), model.pooled(batch).toFloats(), name);
      }
    }
  }
}
