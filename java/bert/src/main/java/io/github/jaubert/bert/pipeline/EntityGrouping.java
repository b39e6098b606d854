package io.github.jaubert.bert.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Makes entities of the tokens of a text, step by step as transformers does: tokens to words, words
 * to entities.
 *
 * @param labels the labels by index
 * @param join puts tokens, or words, together
 */
record EntityGrouping(
    Aggregation aggregation, List<String> labels, Function<List<Entity>, String> join) {

  /**
   * A token.
   *
   * @param word as the vocabulary spells it, or if that does not know it as the text does
   * @param scores the probability of each label
   * @param subword whether it continues the word of the token before
   */
  record Piece(String word, float[] scores, int start, int end, boolean subword) {
    Entity labelled(List<String> labels, float[] scores) {
      int best = best(scores);
      return new Entity(labels.get(best), scores[best], word, start, end);
    }
  }

  List<Entity> of(List<Piece> pieces) {
    return switch (aggregation) {
      case NONE -> tokens(pieces);
      case SIMPLE -> grouped(tokens(pieces));
      case FIRST, AVERAGE, MAX -> grouped(words(pieces));
    };
  }

  private List<Entity> tokens(List<Piece> pieces) {
    return pieces.stream().map(piece -> piece.labelled(labels, piece.scores)).toList();
  }

  /** The first of the largest. */
  private static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  // ---- tokens to words ----

  private List<Entity> words(List<Piece> pieces) {
    List<Entity> words = new ArrayList<>();
    for (int start = 0; start < pieces.size(); ) {
      int end = start + 1;
      while (end < pieces.size() && pieces.get(end).subword) {
        end++;
      }
      words.add(word(pieces.subList(start, end)));
      start = end;
    }
    return words;
  }

  private Entity word(List<Piece> pieces) {
    float[] scores =
        switch (aggregation) {
          case AVERAGE -> mean(pieces);
          case MAX -> surest(pieces);
          default -> pieces.get(0).scores;
        };
    return merged(tokens(pieces), pieces.get(0).labelled(labels, scores));
  }

  private static float[] mean(List<Piece> pieces) {
    float[] mean = new float[pieces.get(0).scores.length];
    for (int i = 0; i < mean.length; i++) {
      double sum = 0;
      for (Piece piece : pieces) {
        sum += piece.scores[i];
      }
      mean[i] = (float) (sum / pieces.size());
    }
    return mean;
  }

  private static float[] surest(List<Piece> pieces) {
    float[] surest = pieces.get(0).scores;
    for (Piece piece : pieces) {
      if (piece.scores[best(piece.scores)] > surest[best(surest)]) {
        surest = piece.scores;
      }
    }
    return surest;
  }

  // ---- words to entities ----

  private List<Entity> grouped(List<Entity> parts) {
    List<Entity> entities = new ArrayList<>();
    for (int start = 0; start < parts.size(); ) {
      int end = start + 1;
      while (end < parts.size() && goesOn(parts.get(end - 1).label(), parts.get(end).label())) {
        end++;
      }
      entities.add(entity(parts.subList(start, end)));
      start = end;
    }
    return entities;
  }

  private static boolean goesOn(String label, String next) {
    return !next.startsWith("B-") && type(label).equals(type(next));
  }

  private static String type(String label) {
    return label.startsWith("B-") || label.startsWith("I-") ? label.substring(2) : label;
  }

  private Entity entity(List<Entity> parts) {
    String label = parts.get(0).label();
    double mean = parts.stream().mapToDouble(Entity::score).average().orElseThrow();
    // As in transformers, any prefix goes here, S- and E- too.
    String type = label.substring(label.indexOf('-') + 1);
    return merged(parts, new Entity(type, (float) mean, "", 0, 0));
  }

  /** The label and score of one, the place and words of all. */
  private Entity merged(List<Entity> parts, Entity one) {
    return new Entity(
        one.label(),
        one.score(),
        join.apply(parts),
        parts.get(0).start(),
        parts.get(parts.size() - 1).end());
  }
}
