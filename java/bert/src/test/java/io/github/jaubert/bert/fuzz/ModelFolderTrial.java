package io.github.jaubert.bert.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.OnnxWeights;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.fuzz.ByteDamage;
import io.github.jaubert.fuzz.JsonDamage;
import io.github.jaubert.fuzz.Trial;
import io.github.jaubert.tensor.Scope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * A model folder, one file of which is damaged: the tokenizer is loaded and encodes, the model is
 * loaded and answers.
 */
public final class ModelFolderTrial implements Trial {
  private static final String TOKENIZER = "tokenizer.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String ONNX = "model.onnx";
  private static final String CONFIG =
      "{\"architectures\":[\"BertForSequenceClassification\"],\"model_type\":\"bert\",\"vocab_size\":56,\"hidden_size\":8,\"num_hidden_layers\":1,"
          + "\"num_attention_heads\":2,\"intermediate_size\":12,\"hidden_act\":\"gelu\",\"hidden_dropout_prob\":0.1,\"attention_probs_dropout_prob\":0.1,"
          + "\"max_position_embeddings\":64,\"type_vocab_size\":2,\"initializer_range\":0.02,\"layer_norm_eps\":1e-12,\"pad_token_id\":0,\"classifier_dropout\":null,"
          + "\"position_embedding_type\":\"absolute\",\"problem_type\":\"single_label_classification\",\"num_labels\":3,\"torch_dtype\":\"float32\","
          + "\"id2label\":{\"0\":\"bad\",\"1\":\"so so\",\"2\":\"good\"},\"label2id\":{\"bad\":0,\"so so\":1,\"good\":2}}";
  private static final String TOKENIZER_CONFIG =
      "{\"added_tokens_decoder\":{\"2\":{\"content\":\"[CLS]\",\"lstrip\":false,\"normalized\":false,\"rstrip\":false,\"single_word\":false,\"special\":true},"
          + "\"47\":{\"content\":\"<e1>\",\"lstrip\":false,\"normalized\":true,\"rstrip\":false,\"single_word\":true,\"special\":false}},"
          + "\"cls_token\":\"[CLS]\",\"do_lower_case\":true,\"mask_token\":{\"content\":\"[MASK]\",\"lstrip\":true},\"model_max_length\":64,\"pad_token\":\"[PAD]\","
          + "\"sep_token\":\"[SEP]\",\"strip_accents\":null,\"tokenize_chinese_chars\":true,\"tokenizer_class\":\"BertTokenizer\",\"truncation_side\":\"right\",\"unk_token\":\"[UNK]\"}";
  private static final String SPECIAL =
      "{\"additional_special_tokens\":[\"<e1>\"],\"cls_token\":\"[CLS]\",\"mask_token\":{\"content\":\"[MASK]\",\"lstrip\":true},\"pad_token\":\"[PAD]\",\"sep_token\":\"[SEP]\",\"unk_token\":\"[UNK]\"}";
  private static final String ADDED = "{\"new token\":46,\"<e1>\":47}";

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "The quick brown foxes jumped over the lazy dog, naïve café!",
          "x".repeat(3000),
          "a".repeat(150),
          "😀 👩‍👩‍👧 東京 ﬁ Ａ é e\u0301",
          "\u0000\u0001\u007f\u0085\u2028\u200b\ufeff\ufffd\uffff a\tb\nc\r\nd",
          "new token<e1> [MASK] <mask>  [CLS][SEP] new tokennew token <s></s>",
          "it's 12,345.67 -- a=b; P ,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,",
          "the good film was not bad ".repeat(100));

  private final byte[] weights;
  private final byte[] onnx;
  private final List<String> tokenizers =
      List.of(
          SeedTokenizers.bert(),
          SeedTokenizers.parts(),
          SeedTokenizers.roberta(),
          SeedTokenizers.bpe(),
          SeedTokenizers.unigram(),
          SeedTokenizers.words());
  private final List<JsonNode> odd = SeedTokenizers.oddParts();

  /** Makes the weights. */
  public ModelFolderTrial() throws IOException {
    BertConfig config =
        new BertConfig(56, 8, 1, 2, 12, "gelu", 0.1, 0.1, 64, 2, 0.02, 1e-12, 0, null);
    Path folder = Files.createTempDirectory("fuzz");
    try (SequenceClassifier model =
        SequenceClassifier.of(config, Labels.of("bad", "so so", "good"))) {
      model.save(folder);
      weights = Files.readAllBytes(folder.resolve(WEIGHTS));
    } finally {
      for (String name : List.of(WEIGHTS, "config.json")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.delete(folder);
    }
    onnx = Files.readAllBytes(TestFiles.golden().resolve(ONNX));
  }

  // ---- damage ----

  @Override
  public String prepare(RandomGenerator random, Path folder) throws IOException {
    int kind = random.nextInt(20);
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("config.json", bytes(CONFIG));
    files.put(WEIGHTS, weights);
    int which = random.nextInt(tokenizers.size());
    if (kind < 13 || random.nextBoolean()) {
      files.put(TOKENIZER, bytes(tokenizers.get(which)));
    }
    boolean bert = which == 0 || !files.containsKey(TOKENIZER);
    if (bert && random.nextInt(3) > 0) {
      files.put("tokenizer_config.json", bytes(TOKENIZER_CONFIG));
      files.put("special_tokens_map.json", bytes(SPECIAL));
      files.put("added_tokens.json", bytes(ADDED));
    }
    if (bert) {
      files.put("vocab.txt", bytes(SeedTokenizers.BERT_VOCABULARY));
    }
    String name =
        switch (kind) {
          case 13, 14 -> "config.json";
          case 15, 16 -> WEIGHTS;
          case 17, 18 -> pick(random, List.copyOf(files.keySet()));
          case 19 -> ONNX;
          default -> TOKENIZER;
        };
    if (name.equals(ONNX)) {
      files.put(ONNX, onnx);
    }
    String damage = damage(random, files, name);
    for (String old :
        List.of(
            TOKENIZER,
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.txt",
            ONNX)) {
      if (!files.containsKey(old)) {
        Files.deleteIfExists(folder.resolve(old));
      }
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    return name + (name.equals(TOKENIZER) ? " of kind " + which : "") + ": " + damage;
  }

  private String damage(RandomGenerator random, Map<String, byte[]> files, String name) {
    byte[] bytes = files.get(name);
    if (name.equals(WEIGHTS) && random.nextInt(4) > 0) {
      return damageHeader(random, files, bytes);
    }
    if (!name.endsWith(".json") || random.nextInt(6) == 0) {
      List<String> did = new ArrayList<>();
      for (int i = 0; i <= random.nextInt(2); i++) {
        ByteDamage.Result result = ByteDamage.apply(random, bytes);
        bytes = result.bytes();
        did.add(result.damage());
      }
      files.put(name, bytes);
      return String.join("; ", did);
    }
    ObjectNode json = SeedTokenizers.object(new String(bytes, StandardCharsets.UTF_8));
    String did =
        name.equals(TOKENIZER) && random.nextInt(3) == 0
            ? new Recombination(random).apply(json)
            : damageJson(random, json);
    files.put(name, bytes(json.toString()));
    return did;
  }

  private String damageJson(RandomGenerator random, ObjectNode json) {
    JsonDamage damage = new JsonDamage(random, odd);
    List<String> did = new ArrayList<>();
    int count = random.nextInt(3) > 0 ? 1 : 2 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      did.add(damage.apply(json));
    }
    return String.join("; ", did);
  }

  /** Damages the JSON before the weights; sometimes its length no longer fits it. */
  private String damageHeader(RandomGenerator random, Map<String, byte[]> files, byte[] bytes) {
    int length = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    ObjectNode json = SeedTokenizers.object(new String(bytes, 8, length, StandardCharsets.UTF_8));
    String did = damageJson(random, json);
    byte[] data = Arrays.copyOfRange(bytes, 8 + length, bytes.length);
    byte[] changed = TestFiles.safeTensors(json.toString(), data);
    if (random.nextInt(8) == 0) {
      long other = random.nextBoolean() ? random.nextLong() : random.nextInt(1 << 20);
      ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(0, other);
      did += "; a header length of " + other;
    }
    files.put(WEIGHTS, changed);
    return did;
  }

  private static String pick(RandomGenerator random, List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  // ---- use ----

  @Override
  public void run(Path folder) throws Exception {
    List<Encoding> encodings = new ArrayList<>();
    CheckpointException refused = null;
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(folder)) {
      encode(tokenizer, encodings);
    } catch (CheckpointException e) {
      refused = e; // the model may still be loaded
    }
    if (Files.exists(folder.resolve(ONNX))) {
      try (OnnxWeights weights = OnnxWeights.open(folder.resolve(ONNX))) {
        weights.config();
        weights.names().forEach(weights::floats);
      }
    }
    try (SequenceClassifier model = SequenceClassifier.fromPretrained(folder)) {
      answer(model, encodings);
    }
    if (refused != null) {
      throw refused;
    }
  }

  private static void encode(Tokenizer tokenizer, List<Encoding> encodings) {
    for (String text : TEXTS) {
      encodings.add(tokenizer.encode(text));
    }
    encodings.add(tokenizer.encode(TEXTS.get(2), TEXTS.get(7)));
    encodings.add(tokenizer.encode("", TEXTS.get(9)));
    encodings.add(tokenizer.encode(TEXTS.get(9), ""));
    for (Encoding encoding : encodings) {
      encoding.tokens();
      encoding.offsets();
      tokenizer.decode(encoding.ids());
      for (int id : encoding.ids()) {
        tokenizer.token(id);
      }
    }
  }

  private static void answer(SequenceClassifier model, List<Encoding> encodings) {
    for (Encoding encoding : encodings) {
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        model.forward(TokenBatch.of(List.of(encoding))).toFloats();
      } catch (IllegalArgumentException e) {
        // Documented: a token without an embedding, or more tokens than positions.
      }
    }
  }

  @Override
  public boolean isDocumented(Throwable thrown) {
    return thrown instanceof CheckpointException;
  }
}
