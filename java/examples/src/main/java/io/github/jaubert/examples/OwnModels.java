package io.github.jaubert.examples;

import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.Trainer;
import java.nio.file.Path;
import java.util.List;

/** Models of one's own, trained, saved, loaded and used. */
public final class OwnModels {
  private OwnModels() {}

  /** Trains a tagger on the encoder in a folder, and gives the tags of a sentence. */
  public static List<String> tagger(
      Path dir, List<String> sentences, List<List<String>> truth, Path out, String sentence) {
    // README: tagger
    List<String> tags = truth.stream().flatMap(List::stream).distinct().sorted().toList();
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(dir);
        OwnTagger tagger = OwnTagger.of(Encoder.fromPretrained(dir), tags, 24)) {
      Trainer.of(tagger.task(tokenizer, sentences, truth))
          .with(s -> s.epochs(8).batchSize(16).learningRate(3e-3f).seed(1))
          .run();
      tagger.save(out, tokenizer);
    }
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(out);
        OwnTagger tagger = OwnTagger.fromPretrained(out);
        Scope scope = Scope.open()) {
      return tagger.tag(tokenizer, sentence);
    }
    // README: end
  }

  /** Trains two towers on the encoder in a folder, and gives the place of the best passage. */
  public static int towers(
      Path dir, List<String> queries, List<String> passages, Path out, String question) {
    // README: towers
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(dir);
        TwoTowers towers =
            new TwoTowers(Encoder.fromPretrained(dir), Encoder.fromPretrained(dir), 16, 20)) {
      Trainer.of(towers.task(tokenizer, queries, passages))
          .with(s -> s.epochs(40).batchSize(20).learningRate(3e-3f).seed(1))
          .run();
      towers.save(out);
    }
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(dir);
        TwoTowers towers = TwoTowers.fromPretrained(out);
        Scope scope = Scope.open()) {
      Tensor index = towers.passages(TokenBatch.of(tokenizer.encodeAll(passages)));
      Tensor asked = towers.queries(TokenBatch.of(tokenizer.encode(question)));
      float[] cosines = asked.matmul(index.t()).toFloats();
      int best = 0;
      for (int i = 1; i < cosines.length; i++) {
        best = cosines[i] > cosines[best] ? i : best;
      }
      return best;
    }
    // README: end
  }
}
