/** From text to answers. */
package io.github.jaubert.bert.pipeline;
