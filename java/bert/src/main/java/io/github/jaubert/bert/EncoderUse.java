package io.github.jaubert.bert;

/**
 * Whether an encoder can still be used. Models over one encoder free it together; which of them did
 * is what the others have to say.
 */
final class EncoderUse {
  private String ended; // why it cannot be used any more; null: it can
  private EncoderUse rest; // of the encoder that has the layers now; null: none

  /** Its layers are those of another encoder from now on, which has no pooler. */
  void passTo(EncoderUse other) {
    rest = other;
    ended =
        "its layers went to an encoder without a pooler, for a head that needs none, and its pooler"
            + " was freed; load the encoder once more for a head that needs one";
  }

  /**
   * Called before a model over it is closed.
   *
   * @param model what kind of model
   */
  void closedWith(String model) {
    end(
        "it was freed when "
            + model
            + " was closed, whose it was too; close models over one encoder when none of them is"
            + " needed any more");
  }

  /** Its memory is freed, and with it that of the encoder that has its layers. */
  void end(String why) {
    if (ended == null) {
      ended = why;
    }
    if (rest != null) {
      rest.end(why);
    }
  }

  /**
   * Refuses to go on without the memory.
   *
   * @param encoder what kind of encoder
   */
  void require(String encoder) {
    if (ended != null) {
      throw new IllegalStateException(encoder + " is of no use any more: " + ended);
    }
  }
}
