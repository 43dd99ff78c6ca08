/* Gradient of a 3x3 depthwise convolution by its weights.

   x, g: n x h x w x c bfloat16, the layer's input and the gradient of its output, zero-padded by d and dilated by d.
   out:  3 x 3 x c float32.  c is a multiple of 16. */
#include <stdint.h>
#include <string.h>

#define LANES 16
typedef float floats __attribute__((vector_size(4 * LANES)));
typedef uint32_t words __attribute__((vector_size(4 * LANES)));
typedef uint16_t halves __attribute__((vector_size(2 * LANES)));

/* A bfloat16 is the upper half of a float. */
static inline floats load(const uint16_t *p) {
    halves half;
    memcpy(&half, p, sizeof half);
    words word = __builtin_convertvector(half, words) << 16;
    floats value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static inline void add(float *to, floats value) {
    floats sum;
    memcpy(&sum, to, sizeof sum);
    sum += value;
    memcpy(to, &sum, sizeof sum);
}

void weight_gradient(const uint16_t *x, const uint16_t *g, float *out, int n, int h, int w, int c, int d) {
    memset(out, 0, sizeof(float) * 9 * c);
    for (int picture = 0; picture < n; picture++)
        for (int row = 0; row < h; row++)
            for (int tap = -1; tap <= 1; tap++) {
                int from = row + tap * d;
                if (from < 0 || from >= h) continue;
                const uint16_t *xs = x + ((long)picture * h + from) * w * c;
                const uint16_t *gs = g + ((long)picture * h + row) * w * c;
                for (int first = 0; first < c; first += LANES) {
                    floats left = {0}, middle = {0}, right = {0};
                    for (int col = 0; col < w; col++) {
                        floats grad = load(gs + (long)col * c + first);
                        middle += grad * load(xs + (long)col * c + first);
                        if (col >= d) left += grad * load(xs + (long)(col - d) * c + first);
                        if (col + d < w) right += grad * load(xs + (long)(col + d) * c + first);
                    }
                    float *to = out + 3 * (tap + 1) * c + first;
                    add(to, left), add(to + c, middle), add(to + 2 * c, right);
                }
            }
}
