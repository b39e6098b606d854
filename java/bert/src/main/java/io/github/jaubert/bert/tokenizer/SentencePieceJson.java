package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.SentencePieceModel;
import io.github.jaubert.bert.checkpoint.SentencePieceModel.Kind;
import io.github.jaubert.bert.checkpoint.SentencePieceModel.Piece;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What transformers (5.18) makes of a model of SentencePiece where there is no tokenizer.json: for
 * XLM-RoBERTa and CamemBERT, which have fairseq's special tokens before the pieces, and DeBERTa-v2.
 */
final class SentencePieceJson {
  /** DeBERTa's tokenizer. */
  static final String DEBERTA = "DebertaV2Tokenizer";

  /** The {@code model_type} of its models. */
  static final String DEBERTA_MODEL = "deberta-v2";

  private static final String XLM = "XLMRobertaTokenizer";
  private static final String CAMEMBERT = "CamembertTokenizer";
  private static final float NEVER = -100;

  private SentencePieceJson() {}

  /** Special tokens of DeBERTa's that the files do not name. */
  static Map<String, String> ofDeberta() {
    Map<String, String> special = new HashMap<>(SpecialTokens.OF_BERT);
    special.put("bos_token", special.get("cls_token"));
    special.put("eos_token", special.get("sep_token"));
    return special;
  }

  /** Whether there are such models for a class of tokenizers. */
  static boolean reads(String kind) {
    return List.of(XLM, CAMEMBERT, DEBERTA).contains(kind);
  }

  /**
   * Its tokens that are no parts of words: the additional special tokens of a
   * tokenizer_config.json.
   */
  static ArrayNode additional(SentencePieceModel model) {
    ArrayNode tokens = JsonFiles.object().putArray("tokens");
    for (Piece piece : model.pieces()) {
      if (piece.kind() == Kind.CONTROL || piece.kind() == Kind.USER_DEFINED) {
        boolean special = piece.kind() == Kind.CONTROL;
        tokens.add(AddedTokens.token(piece.text(), special).put("normalized", false));
      }
    }
    return tokens;
  }

  /**
   * A tokenizer.json that has the vocabulary, and for XLM-RoBERTa and CamemBERT the table of
   * characters.
   *
   * @throws CheckpointException if its pieces are merged, or there are too few
   */
  static ObjectNode vocabulary(
      String file, String kind, SentencePieceModel model, SpecialTokens special) {
    if (!model.unigram()) {
      throw new CheckpointException(
          file, "is not of the type unigram, which the tokenizers of encoders have");
    }
    ObjectNode json = JsonFiles.object().put("version", "1.0");
    json.putNull("truncation").putNull("padding").putArray("added_tokens");
    json.putNull("normalizer");
    if (!kind.equals(DEBERTA) && model.charsmap().length > 0) {
      String table = Base64.getEncoder().encodeToString(model.charsmap());
      json.putObject("normalizer").put("type", "Precompiled").put("precompiled_charsmap", table);
    }
    ObjectNode unigram = json.putObject("model").put("type", "Unigram");
    unigram.put("unk_id", 0).put("byte_fallback", false);
    ArrayNode vocab = unigram.putArray("vocab");
    int own = 0; // of the pieces, how many give way to fairseq's
    if (kind.equals(XLM)) {
      own = 3;
      for (String role : List.of("bos_token", "pad_token", "eos_token", "unk_token")) {
        add(vocab, special.text(role), 0);
      }
    } else if (kind.equals(CAMEMBERT)) {
      own = 1;
      add(vocab, "<s>NOTUSED", 0);
      add(vocab, special.text("pad_token"), 0);
      add(vocab, "</s>NOTUSED", 0);
      add(vocab, special.text("unk_token"), 0);
      add(vocab, "<unk>NOTUSED", NEVER);
    }
    List<Piece> pieces = model.pieces();
    pieces
        .subList(Math.min(own, pieces.size()), pieces.size())
        .forEach(piece -> add(vocab, piece.text(), piece.score()));
    if (own > 0) {
      add(vocab, special.text("mask_token"), 0);
    }
    return json;
  }

  private static void add(ArrayNode vocab, String piece, float score) {
    vocab.addArray().add(piece).add((double) score);
  }

  /** What DeBERTa's has around its vocabulary and added tokens. */
  static void deberta(String file, ObjectNode json, ObjectNode config, SpecialTokens special) {
    ObjectNode model = (ObjectNode) json.get("model");
    model.put("unk_id", unknown((ArrayNode) model.get("vocab"), special.text("unk_token")));
    ObjectNode normalizer = json.putObject("normalizer").put("type", "Sequence");
    ArrayNode normalizers = normalizer.putArray("normalizers");
    if (WordPiece.flag(file, config, "do_lower_case", false)) {
      normalizers.addObject().put("type", "Lowercase");
    }
    ObjectNode blanks = normalizers.addObject().put("type", "Replace");
    blanks.putObject("pattern").put("Regex", "\\s{2,}|[\\n\\r\\t]");
    blanks.put("content", " ");
    normalizers.addObject().put("type", "NFC");
    normalizers.addObject().put("type", "Strip").put("strip_left", false).put("strip_right", true);
    ObjectNode splitter = json.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode splitters = splitter.putArray("pretokenizers");
    if (WordPiece.flag(file, config, "split_by_punct", false)) {
      splitters.addObject().put("type", "Punctuation").put("behavior", "Isolated");
    }
    boolean prefixSpace = WordPiece.flag(file, config, "add_prefix_space", true);
    splitters.add(metaspace(prefixSpace));
    json.set("decoder", metaspace(prefixSpace));
  }

  private static int unknown(ArrayNode vocab, String token) {
    for (int i = 0; i < vocab.size(); i++) {
      if (vocab.get(i).get(0).asText().equals(token) && vocab.get(i).get(1).asDouble() == 0) {
        return i;
      }
    }
    return 1;
  }

  private static ObjectNode metaspace(boolean prefixSpace) {
    ObjectNode part = JsonFiles.object().put("type", "Metaspace").put("replacement", "▁");
    return part.put("prepend_scheme", prefixSpace ? "always" : "first").put("split", true);
  }

  /** {@code [CLS] A [SEP]} and {@code [CLS] A [SEP] B [SEP]}, of two types, behind all tokens. */
  static ObjectNode processor(ArrayNode added, SpecialTokens special) {
    String cls = String.valueOf(special.text("cls_token"));
    String sep = String.valueOf(special.text("sep_token"));
    ObjectNode processor = JsonFiles.object().put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    single.add(WordPiece.piece("SpecialToken", cls, 0)).add(WordPiece.piece("Sequence", "A", 0));
    single.add(WordPiece.piece("SpecialToken", sep, 0));
    ArrayNode pair = processor.putArray("pair").addAll(single.deepCopy());
    pair.add(WordPiece.piece("Sequence", "B", 1)).add(WordPiece.piece("SpecialToken", sep, 1));
    ObjectNode tokens = processor.putObject("special_tokens");
    for (String token : List.of(cls, sep)) {
      ObjectNode one = tokens.putObject(token).put("id", token);
      one.putArray("ids").add(id(added, token));
      one.putArray("tokens").add(token);
    }
    return processor;
  }

  private static int id(ArrayNode added, String token) {
    for (var one : added) {
      if (one.path("content").asText().equals(token)) {
        return one.path("id").asInt();
      }
    }
    return 0;
  }
}
