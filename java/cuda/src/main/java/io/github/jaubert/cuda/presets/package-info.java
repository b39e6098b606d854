/** What JavaCPP is told when it turns {@code jaubert/cuda.h} into Java. */
package io.github.jaubert.cuda.presets;
