package io.github.jaubert.train;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** How far the hidden states of a student are from its teacher's. */
public enum HiddenStateLoss {
  /** One minus the cosine of the angle between them, of the last layer (Sanh et al. 2019). */
  COSINE {
    @Override
    Tensor perToken(Tensor student, Tensor teacher) {
      Tensor product = student.mul(teacher).sum(-1);
      Tensor norms = student.square().sum(-1).mul(teacher.square().sum(-1));
      return product.div(norms.clamp(SMALLEST, Float.MAX_VALUE).sqrt()).neg().add(1);
    }
  },
  /**
   * The mean squared difference, of the embeddings and every layer of the student: of a teacher of
   * three times as many layers, each third (Jiao et al. 2020, "TinyBERT"). The attention weights,
   * which it compares too, are never held here, and are not compared.
   */
  LAYERS {
    @Override
    Tensor perToken(Tensor student, Tensor teacher) {
      return student.sub(teacher).square().mean(-1);
    }

    @Override
    List<int[]> pairs(int students, int teachers) {
      HeadTask.require(
          teachers % students == 0,
          "hiddenStates(LAYERS): %d layers of the teacher are no multiple of %d of the student"
              .formatted(teachers, students));
      List<int[]> pairs = new ArrayList<>();
      for (int layer = 0; layer <= students; layer++) {
        pairs.add(new int[] {layer, layer * (teachers / students)});
      }
      return pairs;
    }
  };

  private static final float SMALLEST = 1e-24f; // of the squares of norms, so that none is 0

  /** F32 {@code [tokens]}, of states F32 {@code [tokens, hidden]}. */
  abstract Tensor perToken(Tensor student, Tensor teacher);

  /** Which states of a student and its teacher belong together, the embeddings being the first. */
  List<int[]> pairs(int students, int teachers) {
    return List.of(new int[] {students, teachers});
  }

  final List<int[]> pairs(EncoderConfig student, EncoderConfig teacher) {
    return pairs(student.numHiddenLayers(), teacher.numHiddenLayers());
  }

  /**
   * The mean over tokens and pairs.
   *
   * @param students the states of each pair, {@code [tokens, hidden]}
   * @param teachers the same
   * @param projection from the student's width to the teacher's; null if they are the same
   * @param counts F32 {@code [tokens]}: 1 for each that counts, and 0
   */
  final Tensor of(List<Tensor> students, List<Tensor> teachers, Linear projection, Tensor counts) {
    Tensor sum = null;
    for (int i = 0; i < students.size(); i++) {
      Tensor state = students.get(i).to(DType.F32);
      Tensor projected = projection == null ? state : projection.forward(state);
      Tensor part = perToken(projected, teachers.get(i).to(DType.F32)).mul(counts).sum();
      sum = sum == null ? part : sum.add(part);
    }
    return sum.div(counts.sum()).div(students.size());
  }
}
