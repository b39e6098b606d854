package io.github.jaubert.bert.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j reads an exported encoder of sentences and gives the same vectors. */
class LangChain4jTest {
  private static final Path TOKENIZER = Path.of("src/test/resources/golden/zero-shot");
  private static final List<String> TEXTS =
      List.of("The team won.", "rocket", "Voters, café & stars!", "a team of teams");

  @TempDir Path folder;

  @Test
  void itsVectorsAreOurs() {
    BertConfig config = BertConfig.bertBase().withVocabSize(2000).withEncoder(24, 2, 3, 40);
    Path file = folder.resolve("model.onnx");
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(TOKENIZER);
        SentenceEncoder model = SentenceEncoder.of(Encoder.of(config), Pooling.MEAN)) {
      model.normalize(true).eval();
      OnnxExport.write(model, file);
      OnnxEmbeddingModel theirs =
          new OnnxEmbeddingModel(file, TOKENIZER.resolve("tokenizer.json"), PoolingMode.MEAN);
      for (String text : TEXTS) {
        try (NoGrad off = NoGrad.open();
            Scope scope = Scope.open()) {
          float[] ours = model.forward(TokenBatch.of(tokenizer.encode(text))).toFloats();
          assertArrayEquals(ours, theirs.embed(text).content().vector(), 1e-5f, text);
        }
      }
    }
  }
}
