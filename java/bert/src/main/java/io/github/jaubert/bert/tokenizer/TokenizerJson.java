package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * tokenizer.json as it is to be read beside the other files of its folder. Where they disagree,
 * transformers (5.18) decides: of the tokenizers of BERT it takes no more than the vocabulary and
 * the added tokens from tokenizer.json, and the rest from tokenizer_config.json or its own
 * defaults.
 */
final class TokenizerJson {
  private static final Logger LOG = LoggerFactory.getLogger(Tokenizer.class);

  /** Those that are BERT's under another name. */
  private static final Set<String> OF_BERT =
      Set.of(
          "BertTokenizer",
          "ConvBertTokenizer",
          "DPRContextEncoderTokenizer",
          "DPRQuestionEncoderTokenizer",
          "DPRReaderTokenizer",
          "DistilBertTokenizer",
          "ElectraTokenizer",
          "MobileBertTokenizer",
          "SqueezeBertTokenizer");

  /** Those that do as tokenizer.json says, with what is missing there. */
  private static final Set<String> GENERAL =
      Set.of("PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend");

  private final String folder;
  private final ObjectNode config;
  private final ObjectNode specialMap;
  private final ObjectNode addedList;

  /**
   * @param folder for messages
   * @param config tokenizer_config.json, empty if there is none, as the others
   * @param specialMap special_tokens_map.json
   * @param addedList added_tokens.json
   */
  TokenizerJson(String folder, ObjectNode config, ObjectNode specialMap, ObjectNode addedList) {
    this.folder = folder;
    this.config = config;
    this.specialMap = specialMap;
    this.addedList = addedList;
  }

  private String file(String name) {
    return Path.of(folder, name).toString();
  }

  /** The tokenizer.json of a vocab.txt. */
  ObjectNode ofVocabulary(Map<String, Integer> ids) {
    return bert(file(TokenizerFiles.VOCABULARY), ids, JsonFiles.object());
  }

  /**
   * The tokenizer.json in place of one that was read.
   *
   * @param model config.json of the model
   */
  ObjectNode of(ObjectNode json, ObjectNode model) {
    String kind = kind(model);
    String type = json.path("model").path("type").asText("WordPiece");
    ObjectNode wanted;
    if (OF_BERT.contains(kind) && type.equals("WordPiece")) {
      Map<String, Integer> ids = new LinkedHashMap<>();
      json.path("model").path("vocab").properties().forEach(t -> ids.put(t.getKey(), id(t)));
      wanted = bert(file(TokenizerFiles.JSON), ids, json);
      wanted.set("version", json.get("version"));
      wanted.set("truncation", json.get("truncation"));
      wanted.set("padding", json.get("padding"));
    } else if (GENERAL.contains(kind)) {
      wanted = general(json);
    } else {
      return json; // of other tokenizers, tokenizer.json is all
    }
    List<String> changed = new ArrayList<>();
    for (String part : List.of("normalizer", "pre_tokenizer", "post_processor", "added_tokens")) {
      if (!wanted.path(part).equals(json.path(part))) {
        changed.add(part);
      }
    }
    if (!changed.isEmpty()) {
      LOG.warn(
          "{}: as in transformers, {} come not from this file, but from tokenizer_config.json and what lies beside it: {}",
          file(TokenizerFiles.JSON),
          String.join(", ", changed),
          CheckpointException.shortened(wanted.path(changed.get(0)).toString()));
    }
    return wanted;
  }

  private static int id(Map.Entry<String, JsonNode> token) {
    return token.getValue().asInt();
  }

  /** The class of the tokenizer, without the Fast that all of them are. */
  private String kind(ObjectNode model) {
    String kind = config.path("tokenizer_class").asText(model.path("tokenizer_class").asText(""));
    if (kind.isEmpty()) {
      String type = model.path("model_type").asText("bert");
      return Set.of("bert", "distilbert", "electra", "mobilebert", "convbert").contains(type)
          ? "BertTokenizer"
          : "";
    }
    return kind.endsWith("Fast") && !GENERAL.contains(kind)
        ? kind.substring(0, kind.length() - "Fast".length())
        : kind;
  }

  private ObjectNode bert(String vocabularyFile, Map<String, Integer> ids, ObjectNode json) {
    SpecialTokens special = specialTokens(true);
    String unknown = special.text("unk_token");
    if (!ids.containsKey(String.valueOf(unknown))) {
      throw new CheckpointException(
          vocabularyFile,
          "has no token '" + unknown + "', the unk_token, for words that it does not know");
    }
    ArrayNode added = addedTokens(special, json).numbered(ids, JsonFiles.object(), special);
    for (String role : List.of("cls_token", "sep_token")) {
      String token = special.text(role);
      if (token != null && !ids.containsKey(token)) {
        LOG.warn(
            "{}: has no token '{}', the {}; it was added, as transformers does",
            vocabularyFile,
            CheckpointException.shortened(token),
            role);
      }
    }
    return WordPiece.json(file(TokenizerFiles.CONFIG), ids, config, special, added);
  }

  /** Special and added tokens are added, and no others stand around a text if none are said to. */
  private ObjectNode general(ObjectNode json) {
    ObjectNode wanted = json.deepCopy();
    SpecialTokens special = specialTokens(false);
    special.putIfMissing("pad_token", json.path("padding").path("pad_token").asText());
    Map<String, Integer> ids = new LinkedHashMap<>();
    json.path("model").path("vocab").properties().forEach(t -> ids.put(t.getKey(), id(t)));
    JsonNode before = json.path("added_tokens");
    wanted.set("added_tokens", addedTokens(special, json).numbered(ids, before, special));
    if (json.path("post_processor").isNull() || json.path("post_processor").isMissingNode()) {
      ObjectNode processor = wanted.putObject("post_processor");
      processor.put("type", "TemplateProcessing");
      processor.putArray("single").add(WordPiece.piece("Sequence", "A", 0));
      processor
          .putArray("pair")
          .add(WordPiece.piece("Sequence", "A", 0))
          .add(WordPiece.piece("Sequence", "B", 1));
      processor.putObject("special_tokens");
    }
    return wanted;
  }

  /** What the special tokens are. */
  SpecialTokens specialTokens(boolean bert) {
    ObjectNode map = config.has("added_tokens_decoder") ? JsonFiles.object() : specialMap;
    return new SpecialTokens(file(TokenizerFiles.CONFIG), config, map, bert);
  }

  /** added_tokens_decoder of the config, or else what all other files say. */
  private AddedTokens addedTokens(SpecialTokens special, ObjectNode json) {
    AddedTokens tokens = new AddedTokens();
    if (config.has("added_tokens_decoder")) {
      tokens.addDecoder(file(TokenizerFiles.CONFIG), config.path("added_tokens_decoder"));
    } else {
      tokens.addList(file(TokenizerFiles.ADDED), addedList, special);
      tokens.addJson(json.path("added_tokens"));
    }
    return tokens;
  }
}
