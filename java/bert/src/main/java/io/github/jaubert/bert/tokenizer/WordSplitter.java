package io.github.jaubert.bert.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;

/**
 * Cuts texts into the normalised words that a model of tokens is given, by the native library, so
 * that a vocabulary is learnt from the words it will meet. The library shows them to nobody; but a
 * Unigram model that knows no token takes each word for one unknown token, whose text is the word.
 *
 * <p>Safe from any number of threads, but only before it is closed.
 */
final class WordSplitter implements AutoCloseable {
  private static final String UNKNOWN = "<unk>";

  private final HuggingFaceTokenizer tokenizer;

  /**
   * @param json a tokenizer.json, of which the normalizer and the pre_tokenizer count
   */
  WordSplitter(ObjectNode json) {
    ObjectNode words = JsonFiles.object();
    words.put("version", "1.0");
    for (String part : new String[] {"normalizer", "pre_tokenizer"}) {
      words.set(part, json.get(part));
    }
    words.putArray("added_tokens");
    ObjectNode model = words.putObject("model");
    model.put("type", "Unigram");
    model.put("unk_id", 0);
    model.putArray("vocab").addArray().add(UNKNOWN).add(0.0);
    tokenizer = NativeTokenizers.create(JsonFiles.format(words), Integer.MAX_VALUE);
  }

  /** The words of a text. */
  String[] words(String text) {
    TokenizersLibrary library = TokenizersLibrary.LIB;
    // As HuggingFaceTokenizer.encode, which makes seven arrays more of every text.
    long encoding =
        library.encode(tokenizer.getHandle(), Tokenizer.replaceLoneSurrogates(text), false);
    try {
      return library.getTokens(encoding);
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
