package io.github.jaubert.demo;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import java.util.List;

/**
 * Saves MiniLM with a head of each kind, and the logits of a few texts beside it, for
 * src/test/python/check_saved_folder.py, which loads the folders with {@code transformers} and
 * compares.
 */
final class SavedFolder {
  private static final List<List<String>> TEXTS =
      List.of(
          List.of("The quick brown fox jumps over the lazy dog."),
          List.of("naïve café, 東京!"),
          List.of("A man is playing a large flute.", "A man is playing a flute."));

  private SavedFolder() {}

  /** Writes one folder for each kind of labels below the folder that is named. */
  public static void main(String[] arguments) {
    for (Labels labels :
        List.of(
            Labels.of("no", "yes", "maybe"), Labels.multi("a", "b", "c", "d"), Labels.score())) {
      Path folder = Path.of(arguments[0], labels.problemType().huggingFaceName());
      Rng.seed(42);
      try (SequenceClassifier model = SequenceClassifier.of(MiniLm.encoder(), labels);
          Tokenizer tokenizer = MiniLm.tokenizer()) {
        model.eval();
        model.save(folder, tokenizer);
        AtomicFile.write(folder.resolve("logits.json"), JsonFiles.format(logits(model, tokenizer)));
      }
      System.out.println(folder);
    }
  }

  private static ObjectNode logits(SequenceClassifier model, Tokenizer tokenizer) {
    ObjectNode json = JsonFiles.object();
    ArrayNode texts = json.putArray("texts");
    List<Encoding> encodings =
        TEXTS.stream()
            .map(text -> tokenizer.encode(text.get(0), text.size() > 1 ? text.get(1) : null))
            .toList();
    for (List<String> text : TEXTS) {
      ArrayNode parts = texts.addArray();
      text.forEach(parts::add);
    }
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      ArrayNode values = json.putArray("logits");
      for (float value : model.forward(TokenBatch.of(encodings)).toFloats()) {
        values.add(value);
      }
    }
    return json;
  }
}
