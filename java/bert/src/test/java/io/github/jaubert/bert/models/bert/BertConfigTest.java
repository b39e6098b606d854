package io.github.jaubert.bert.models.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.ConfigJson;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.nn.Activation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BertConfigTest {
  @TempDir Path folder;

  private static ObjectNode json(String text) {
    return JsonFiles.parseObject("config.json", text.getBytes(StandardCharsets.UTF_8));
  }

  private static BertConfig parse(String text) {
    return BertConfig.read(ConfigJson.of("config.json", json(text)));
  }

  @Test
  void missingFieldsHaveTheUsualValues() {
    assertEquals(BertConfig.bertBase(), parse("{}"));
    assertEquals(64, BertConfig.bertBase().headSize());
    assertEquals(Activation.GELU, BertConfig.bertBase().activation());
    assertEquals(0.1, BertConfig.bertBase().classifierDropoutProb());
  }

  @Test
  void readsTheFileOfASavedModel() {
    BertConfig config = BertConfig.fromPretrained(TestFiles.golden().resolve("multi-label"));
    assertEquals(
        BertConfig.bertBase().withVocabSize(37).withEncoder(21, 2, 3, 31).withDropout(0, 0),
        shorter(config, 512));
    assertEquals(24, config.maxPositionEmbeddings());
  }

  private static BertConfig shorter(BertConfig c, int positions) {
    ObjectNode json = c.toJson();
    json.put("max_position_embeddings", positions);
    return BertConfig.read(ConfigJson.of("config.json", json));
  }

  @Test
  void writesWhatItReads() {
    BertConfig config =
        parse(
            "{\"hidden_act\": \"gelu_new\", \"classifier_dropout\": 0.25, \"layer_norm_eps\": 1e-5}");
    assertEquals(config, BertConfig.read(ConfigJson.of("config.json", config.toJson())));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model_type\": \"roberta\"} | model_type is 'roberta': only BERT is supported",
        "{\"position_embedding_type\": \"relative_key\"} | position_embedding_type is 'relative_key'",
        "{\"is_decoder\": true} | is_decoder is 'true'",
        "{\"hidden_size\": 100} | hidden_size 100 is not a multiple of num_attention_heads 12",
        "{\"hidden_size\": \"768\"} | hidden_size is \"768\"; an integer is needed",
        "{\"hidden_size\": 768.5} | hidden_size is 768.5; an integer is needed",
        "{\"num_attention_heads\": 0} | num_attention_heads is 0; it must be at least 1",
        "{\"hidden_size\": 0} | hidden_size is 0; it must be at least 1",
        "{\"num_hidden_layers\": 0} | num_hidden_layers is 0; it must be at least 1",
        "{\"vocab_size\": 3000000000} | vocab_size is 3000000000; an integer is needed",
        "{\"hidden_act\": \"swish\"} | hidden_act 'swish' is not one of",
        "{\"hidden_act\": 3} | hidden_act is 3; a text is needed",
        "{\"hidden_dropout_prob\": 1.0} | hidden_dropout_prob is 1.0; it must be in [0, 1)",
        "{\"layer_norm_eps\": \"1e-12\"} | layer_norm_eps is \"1e-12\"; a number is needed",
        "{\"pad_token_id\": 30522} | pad_token_id 30522 is not among the 30522 tokens"
      })
  void refusesWhatIsNotPossible(String text, String message) {
    CheckpointException e = assertThrows(CheckpointException.class, () -> parse(text));
    assertTrue(e.getMessage().startsWith("config.json: " + message), e.getMessage());
  }

  @Test
  void refusesFilesThatAreNoConfig() {
    assertEquals(
        folder + ": has no config.json",
        assertThrows(CheckpointException.class, () -> BertConfig.fromPretrained(folder))
            .getMessage());
    Path file = folder.resolve("config.json");
    for (List<String> bad :
        List.of(
            List.of("", "is empty"),
            List.of("[]", "holds no JSON object"),
            List.of("{\"a\": 1,\n \"b\" 2}", "is not valid JSON at line 2, column 6"),
            List.of("{} x", "is not valid JSON at line 1"))) {
      TestFiles.write(file, bad.get(0));
      CheckpointException e =
          assertThrows(CheckpointException.class, () -> BertConfig.fromPretrained(folder));
      assertTrue(e.getMessage().startsWith(file + ": " + bad.get(1)), e.getMessage());
    }
  }
}
