/** What encoders share that turn queries and keys by their positions and norm behind each part. */
package io.github.jaubert.bert.models.rotary;
