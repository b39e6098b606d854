package io.github.jaubert.bert.checkpoint;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a file of SentencePiece (Kudo and Richardson 2018) says of a tokenizer: the fields of its
 * {@code ModelProto} that transformers reads.
 *
 * @param pieces by id
 * @param unigram whether it cuts words by the pieces' scores; otherwise by merges, or not at all
 * @param charsmap the table by which characters are replaced; empty: none
 */
public record SentencePieceModel(List<Piece> pieces, boolean unigram, byte[] charsmap) {
  private static final int PIECES = 1;
  private static final int TRAINER = 2;
  private static final int NORMALIZER = 3;
  private static final int MODEL_TYPE = 3; // of the trainer
  private static final int UNIGRAM = 1;
  private static final int CHARSMAP = 2; // of the normalizer

  /** What a piece is for, by its number in the file. */
  public enum Kind {
    /** A part of words. */
    NORMAL,
    /** What stands for characters that no piece has. */
    UNKNOWN,
    /** What no text has, such as the end of a sequence. */
    CONTROL,
    /** What is found in texts before all else. */
    USER_DEFINED,
    /** One that is not used. */
    UNUSED,
    /** A byte of a character that no piece has. */
    BYTE
  }

  /**
   * A piece.
   *
   * @param score log-probability
   */
  public record Piece(String text, float score, Kind kind) {}

  /**
   * Reads a file.
   *
   * @param file its name, for messages
   * @throws CheckpointException if it is damaged, or has no pieces
   */
  public static SentencePieceModel read(String file, byte[] bytes) {
    ProtobufReader reader = new ProtobufReader(file, ByteBuffer.wrap(bytes));
    List<Piece> pieces = new ArrayList<>();
    long type = UNIGRAM;
    byte[] charsmap = {};
    while (reader.next()) {
      switch (reader.field()) {
        case PIECES -> pieces.add(piece(file, pieces.size(), reader.message()));
        case TRAINER -> {
          ProtobufReader trainer = reader.message();
          while (trainer.next()) {
            if (trainer.field() == MODEL_TYPE) {
              type = trainer.integer();
            } else {
              trainer.skip();
            }
          }
        }
        case NORMALIZER -> {
          ProtobufReader normalizer = reader.message();
          while (normalizer.next()) {
            if (normalizer.field() == CHARSMAP) {
              ByteBuffer table = normalizer.bytes();
              charsmap = new byte[table.remaining()];
              table.get(charsmap);
            } else {
              normalizer.skip();
            }
          }
        }
        default -> reader.skip();
      }
    }
    if (pieces.isEmpty()) {
      throw new CheckpointException(file, "has no pieces: it is no model of SentencePiece");
    }
    return new SentencePieceModel(List.copyOf(pieces), type == UNIGRAM, charsmap);
  }

  private static Piece piece(String file, int id, ProtobufReader reader) {
    String text = "";
    float score = 0;
    long kind = 1;
    while (reader.next()) {
      switch (reader.field()) {
        case 1 -> text = reader.string();
        case 2 -> score = reader.single();
        case 3 -> kind = reader.integer();
        default -> reader.skip();
      }
    }
    if (kind < 1 || kind > Kind.values().length) {
      throw new CheckpointException(file, "piece " + id + " is of the unknown type " + kind);
    }
    if (!Float.isFinite(score)) {
      throw new CheckpointException(file, "piece " + id + " has the score " + score);
    }
    return new Piece(text, score, Kind.values()[(int) kind - 1]);
  }
}
