package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Puts tokens together as the decoder {@code WordPiece} of tokenizer.json does.
 *
 * @param marked whether the model marks the tokens that continue a word
 * @param prefix what the decoder takes off them; empty if there is no such decoder
 * @param cleanup whether the spaces before punctuation and contractions go
 */
record WordPieceDecoder(boolean marked, String prefix, boolean cleanup) {
  private static final String USUAL = "##";

  /** What becomes of what, in this order. */
  private static final String[][] CLEAN = {
    {" .", "."},
    {" ?", "?"},
    {" !", "!"},
    {" ,", ","},
    {" ' ", "'"},
    {" n't", "n't"},
    {" 'm", "'m"},
    {" do not", " don't"},
    {" 's", "'s"},
    {" 've", "'ve"},
    {" 're", "'re"}
  };

  static WordPieceDecoder of(ObjectNode json) {
    JsonNode model = json.path("model");
    String usual = model.path("type").asText().equals("WordPiece") ? USUAL : "";
    boolean marked = !text(model.path("continuing_subword_prefix"), usual).isEmpty();
    JsonNode decoder = json.path("decoder");
    boolean known = decoder.path("type").asText().equals("WordPiece");
    return new WordPieceDecoder(
        marked,
        known ? text(decoder.path("prefix"), USUAL) : "",
        known && decoder.path("cleanup").asBoolean(true));
  }

  private static String text(JsonNode node, String otherwise) {
    return node.isTextual() ? node.asText() : otherwise;
  }

  String join(List<String> tokens) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      if (i > 0) {
        boolean goesOn = !prefix.isEmpty() && token.startsWith(prefix);
        token = goesOn ? token.substring(prefix.length()) : " " + token;
      }
      text.append(cleanup ? clean(token) : token);
    }
    return text.toString();
  }

  private static String clean(String token) {
    for (String[] change : CLEAN) {
      token = token.replace(change[0], change[1]);
    }
    return token;
  }
}
