package io.github.jaubert.bert.models.modernbert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The config.json of transformers 4 and 5. */
class ModernBertConfigTest {
  private static final List<String> NEW = List.of("layer_types", "rope_parameters");
  private static final List<String> OLD =
      List.of("global_attn_every_n_layers", "global_rope_theta", "local_rope_theta");

  static ModernBertConfig read(ObjectNode json) {
    return ModernBertConfig.read(ConfigJson.of("config.json", json));
  }

  private static ObjectNode json(String text) {
    return JsonFiles.parseObject("config.json", text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void bothVersionsReadWhatIsWritten() {
    ObjectNode given = ModernBertConfig.modernBertBase().toJson();
    given.remove(NEW);
    given.put("num_hidden_layers", 9).put("global_attn_every_n_layers", 4);
    given.put("global_rope_theta", 80_000).put("local_rope_theta", 5000.5);
    ModernBertConfig config = read(given);
    assertEquals(80_000, config.globalRopeTheta());
    assertEquals(5000.5, config.localRopeTheta());
    assertEquals("true false false false true", globals(config).substring(0, 27));
    ObjectNode old = config.toJson();
    old.remove(NEW);
    assertEquals(config, read(old));
    ObjectNode current = config.toJson();
    current.remove(OLD);
    assertEquals(config, read(current));
  }

  private static String globals(ModernBertConfig config) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      all.append(config.isGlobal(i)).append(' ');
    }
    return all.toString();
  }

  @Test
  void layersWithoutAPeriodHaveNoneInTheFile() {
    ObjectNode given = ModernBertConfig.modernBertBase().toJson();
    given.remove("num_hidden_layers");
    given.putArray("layer_types").add("sliding_attention").add("full_attention");
    ModernBertConfig config = read(given);
    assertEquals("false true ", globals(config));
    assertFalse(config.toJson().has("global_attn_every_n_layers"));
    assertEquals(config, read(config.toJson()));
  }

  @Test
  void whatTheRopeParametersLackIsWhereVersion4HasIt() {
    ModernBertConfig config =
        read(json("{\"rope_parameters\": {\"full_attention\": null}, \"global_rope_theta\": 9}"));
    assertEquals(9, config.globalRopeTheta());
    assertEquals(10_000, config.localRopeTheta());
    assertEquals("gelu", config.classifierActivation());
    assertTrue(config.decoderBias());
    assertEquals(22, config.numHiddenLayers());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"model_type": "bert"} | model_type is 'bert': only ModernBERT is read here
          {"hidden_activation": "silu"} | hidden_activation is 'silu': only gelu is supported
          {"hidden_size": 30, "num_attention_heads": 2} | makes heads of 15; rotary positions need
          {"layer_types": ["full_attention"], "num_hidden_layers": 2} | has 1 entries for num_hidden
          {"layer_types": ["chunked_attention"]} | layer_types has 'chunked_attention'; only full
          {"layer_types": "full_attention"} | layer_types is "full_attention"; a list of texts is
          {"layer_types": [1]} | layer_types is [1]; a list of texts is needed
          {"layer_types": []} | num_hidden_layers is 0; it must be at least 1
          {"global_attn_every_n_layers": 0} | global_attn_every_n_layers is 0; it must be at least 1
          {"local_attention": 0} | local_attention is 0; it must be at least 1
          {"global_rope_theta": 0} | global_rope_theta is 0.0; it must be finite and above 0
          {"rope_parameters": {"full_attention": {"rope_type": "yarn"}}} | full_attention: rope_type is 'yarn'
          {"rope_parameters": {"sliding_attention": {"rope_theta": "x"}}} | sliding_attention: rope_theta is "x"
          {"rope_parameters": 3} | rope_parameters is 3; an object is needed
          {"rope_scaling": {"factor": 2}} | rope_scaling is not supported
          {"classifier_pooling": "max"} | classifier_pooling 'max' is neither cls nor mean
          {"classifier_activation": "silu"} | classifier_activation 'silu' is not one of
          {"mlp_dropout": 1} | mlp_dropout is 1.0; it must be in [0, 1)
          {"initializer_cutoff_factor": 0} | initializer_cutoff_factor 0.0 must be at least 0.5
          {"vocab_size": 100} | pad_token_id 50283 is not among the 100 tokens
          """)
  void refusesByName(String text, String expected) {
    String message = assertThrows(CheckpointException.class, () -> read(json(text))).getMessage();
    assertTrue(message.startsWith("config.json: "), message);
    assertTrue(message.contains(expected), message);
  }
}
