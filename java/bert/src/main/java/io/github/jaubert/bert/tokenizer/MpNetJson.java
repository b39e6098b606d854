package io.github.jaubert.bert.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import java.util.HashMap;
import java.util.Map;

/**
 * What MPNet's tokenizer has of its own in transformers (5.18): BERT's WordPiece with RoBERTa's
 * special tokens around texts.
 */
final class MpNetJson {
  /** The tokenizer. */
  static final String CLASS = "MPNetTokenizer";

  /** The {@code model_type} of config.json. */
  static final String MODEL = "mpnet";

  /** Positions that no token of a sequence has, whatever the id of padding is. */
  static final int UNUSED_POSITIONS = 2;

  /** Special tokens that the files do not name. */
  static final Map<String, String> SPECIAL = special();

  private static final int CLS = 0; // of a config that says there is none
  private static final int SEP = 2;

  private MpNetJson() {}

  private static Map<String, String> special() {
    Map<String, String> special = new HashMap<>(RobertaJson.SPECIAL);
    special.put("unk_token", SpecialTokens.OF_BERT.get("unk_token"));
    return Map.copyOf(special);
  }

  /** {@code <s> A </s>} and {@code <s> A </s></s> B </s>}, all of one type. */
  static ObjectNode processor(SpecialTokens special, Map<String, Integer> idsOfAll) {
    String cls = String.valueOf(special.text("cls_token"));
    String sep = String.valueOf(special.text("sep_token"));
    ObjectNode processor = JsonFiles.object().put("type", "RobertaProcessing");
    processor.putArray("sep").add(sep).add(idsOfAll.getOrDefault(sep, SEP));
    processor.putArray("cls").add(cls).add(idsOfAll.getOrDefault(cls, CLS));
    return processor.put("trim_offsets", true).put("add_prefix_space", false);
  }
}
