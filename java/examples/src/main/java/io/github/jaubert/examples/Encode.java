package io.github.jaubert.examples;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.tokenizer.Encoding;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** From texts to tokens and hidden states, without a head. */
public final class Encode {
  private Encode() {}

  /** Prints the tokens of the first text, and the shape of the hidden states of all. */
  public static void encode(Path dir, List<String> texts) {
    // README: hidden
    try (Tokenizer tokenizer = Tokenizer.fromPretrained(dir);
        Encoder encoder = Encoder.fromPretrained(dir);
        NoGrad off = NoGrad.open(); // nothing is kept for a way back
        Scope scope = Scope.open()) { // every tensor made here is freed here
      encoder.eval(); // without dropout
      List<Encoding> encodings = tokenizer.encodeAll(texts);
      System.out.println(Arrays.toString(encodings.get(0).tokens())); // ids(), offsets() …
      Tensor hidden = encoder.forward(TokenBatch.of(encodings)).lastHidden();
      System.out.println(hidden.shape()); // [tokens of all texts, hidden size]
      float[] numbers = hidden.toFloats(); // stays when the scope closes
      System.out.println(numbers.length);
    }
    // README: end
  }

  /** The folder of the model and the texts, as arguments. */
  public static void main(String[] arguments) {
    List<String> all = List.of(arguments);
    encode(Path.of(all.get(0)), all.subList(1, all.size()));
  }
}
