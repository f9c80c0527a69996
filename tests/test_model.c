/* Kept models: their bytes, what they make of images, and of pictures of these on paper. */
#include "made_up.h"

#include "data/digits.h"
#include "data/photo.h"
#include "train/model.h"
#include "train/model_policy.h"

#include <math.h>

#define TRAIN 6000
#define TEST 600

static const char text[] = "method: grid\n"
                           "repeats: 1\n"
                           "parameters:\n"
                           "  layers: {value: [48]}\n"
                           "  activation: {value: prelu}\n"
                           "  optimizer: {value: adam}\n"
                           "  epochs: {values: [4, 8]}\n";

/* What a sink got of the last trial. */
struct got {
    struct trial_result result;
    float *weights;
};

static enum status take(void *context, const struct trial_result *result, struct error *error) {
    struct got *got = context;
    (void)error;
    assert_non_null(result->weights);
    if (result->epochs != 8)
        return STATUS_OK;
    got->result = *result;
    got->weights = malloc(result->parameters * sizeof(float));
    memcpy(got->weights, result->weights, result->parameters * sizeof(float));
    return STATUS_OK;
}

static bool always(void *context, const struct trial_result *result) {
    (void)context;
    assert_int_equal(result->outcome, TRIAL_COMPLETED);
    return true;
}

/* A network that reads drawn digits, and its bytes. */
struct trained {
    struct made_up sweep;
    struct got got;
    struct text bytes;
    struct model model;
    struct evaluation evaluation;
};
static struct trained trained;

static int set_up(void **state) {
    (void)state;
    const atomic_int go = 0;
    uint8_t *pixels = malloc((TRAIN + TEST) * 784), *labels = malloc(TRAIN + TEST);
    struct dataset data = shapes_only(TRAIN, TEST);
    digits_draw_many(0, TRAIN, pixels, labels);
    digits_draw_many(DIGITS_TRAIN, TEST, pixels + TRAIN * 784, labels + TRAIN);
    data.train.pixels = pixels;
    data.train.labels = labels;
    data.test.pixels = pixels + TRAIN * 784;
    data.test.labels = labels + TRAIN;
    data.owned[0] = pixels;
    data.owned[1] = labels;
    made_up_init(&trained.sweep, &data);
    plan_text(&trained.sweep, text, NULL, 2);
    const struct sink sink = {&trained.got, take, NULL, always, NULL};
    if (schedule_run(&trained.sweep.plan, &go, &sink, &trained.sweep.error) != STATUS_OK)
        fail_msg("%s", trained.sweep.error.message);
    const struct model_shape shape = model_shape_of(&data);
    text_init(&trained.bytes);
    model_append(&shape, trained.got.weights, trained.got.result.parameters, &trained.bytes);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    text_release(&trained.bytes);
    free(trained.got.weights);
    dataset_release(&trained.sweep.data);
    made_up_release(&trained.sweep);
    return 0;
}

static enum status open_bytes(const char *bytes, size_t count, struct model *model,
                              struct error *error) {
    const struct setting *setting = &trained.sweep.space.settings[1];
    return model_open(setting, bytes, count, &trained.sweep.arena, model, error);
}

static void the_model_has_the_scores_of_its_trial(void **state) {
    (void)state;
    struct error error = {0};
    struct evaluation *evaluation = &trained.evaluation;
    assert_int_equal(open_bytes(trained.bytes.data, trained.bytes.length, &trained.model, &error),
                     STATUS_OK);
    assert_true(model_output(&trained.model, 0).probabilities);
    assert_int_equal(model_evaluate(&trained.model, 0, &trained.sweep.data, &trained.sweep.arena,
                                    evaluation, &error),
                     STATUS_OK);
    assert_true(trained.got.result.test.accuracy == evaluation->accuracy);
    assert_true(evaluation->accuracy > 0.8 && evaluation->hits < TEST);
    assert_int_equal(evaluation->images, TEST);
    assert_int_equal(evaluation->hits + evaluation->mistake_count, TEST);
    size_t diagonal = 0, all = 0;
    for (size_t i = 0; i < 100; i++) {
        all += evaluation->confusion[i];
        diagonal += i % 11 == 0 ? evaluation->confusion[i] : 0;
    }
    assert_int_equal(all, TEST);
    assert_int_equal(diagonal, evaluation->hits);
    for (size_t i = 0; i < evaluation->mistake_count; i++) {
        const struct mistake *mistake = &evaluation->mistakes[i];
        const uint8_t *pixels = trained.sweep.data.test.pixels + mistake->image * 784;
        const float *outputs = model_predict(&trained.model, pixels, false);
        assert_int_equal(model_class(outputs, 10), mistake->predicted);
        assert_true(outputs[mistake->predicted] == mistake->confidence);
        assert_int_equal(trained.sweep.data.test.labels[mistake->image], mistake->label);
        assert_int_not_equal(mistake->label, mistake->predicted);
        assert_true(i == 0 || mistake[-1].confidence >= mistake->confidence);
    }
}

static void bytes_of_another_shape_are_refused(void **state) {
    (void)state;
    struct model model;
    const size_t count = trained.bytes.length;
    char *bytes = malloc(count + 4);
    struct error error = {0};
    memcpy(bytes, trained.bytes.data, count);
    memset(bytes + count, 0, 4);
    for (size_t cut = 0; cut < 40; cut++)
        assert_int_equal(open_bytes(bytes, cut, &model, &error), STATUS_INPUT);
    assert_int_equal(open_bytes(bytes, count - 1, &model, &error), STATUS_INPUT);
    assert_int_equal(open_bytes(bytes, count - 4, &model, &error), STATUS_INPUT);
    assert_int_equal(open_bytes(bytes, count + 4, &model, &error), STATUS_INPUT);
    assert_non_null(strstr(error.message, "damaged"));
    for (size_t byte = 0; byte < 16; byte++) { /* the head */
        memcpy(bytes, trained.bytes.data, count);
        for (int flip = 1; flip < 256; flip++) {
            bytes[byte] = (char)(trained.bytes.data[byte] ^ flip);
            assert_int_equal(open_bytes(bytes, count, &model, &error), STATUS_INPUT);
        }
    }
    free(bytes);
}

/* Names come behind the weights, and whether images were files of pictures. */
static void names_are_kept(void **state) {
    (void)state;
    static const char *const names[] = {"cero",  "uno",  "dos",   "tres", "",
                                        "cinco", "seis", "siete", "ocho", "\xc3\xb1u"};
    struct model_shape shape = model_shape_of(&trained.sweep.data);
    struct model model;
    struct text bytes;
    struct error error = {0};
    shape.class_names = names;
    shape.pictures = true;
    text_init(&bytes);
    model_append(&shape, trained.got.weights, trained.got.result.parameters, &bytes);
    assert_int_equal(bytes.length % 4, 0);
    assert_int_equal(open_bytes(bytes.data, bytes.length, &model, &error), STATUS_OK);
    assert_true(model.shape.pictures);
    for (size_t i = 0; i < 10; i++)
        assert_string_equal(model.shape.class_names[i], names[i]);
    assert_memory_equal(model.weights, trained.got.weights,
                        trained.got.result.parameters * sizeof(float));
    for (size_t cut = 1; bytes.length - cut >= trained.bytes.length; cut++)
        if (cut > 4 || cut % 4 != 0)
            assert_int_equal(open_bytes(bytes.data, bytes.length - cut, &model, &error),
                             STATUS_INPUT);
    text_release(&bytes);
}

static void data_of_another_shape_are_refused(void **state) {
    (void)state;
    struct error error = {0};
    struct evaluation evaluation;
    struct dataset other = trained.sweep.data;
    other.rows = 14;
    other.columns = 56;
    assert_int_equal(
        model_evaluate(&trained.model, 0, &other, &trained.sweep.arena, &evaluation, &error),
        STATUS_INPUT);
    assert_non_null(strstr(error.message, "14 x 56"));
}

/* --- which to keep --- */

static struct trial_result scored(size_t trial, double accuracy, struct epoch_scores *epoch) {
    *epoch = (struct epoch_scores){.train = {1, 1, {0}}};
    return (struct trial_result){.trial = trial,
                                 .outcome = TRIAL_COMPLETED,
                                 .epochs = 1,
                                 .history = epoch,
                                 .test = {.loss = 1, .accuracy = accuracy}};
}

/* The candidates in the end were wanted when they came, in any order, equals and NaN included. */
static void candidates_are_wanted_in_any_order(void **state) {
    (void)state;
    enum { TRIALS = 12 };
    static const double scores[TRIALS] = {.5, .75, (double)NAN, .75, .75, .25,
                                          .7, .6,  .65,         .55, .8,  .75};
    /* By score, then by the order of the config; the eighth is .6. */
    static const bool kept[TRIALS] = {false, true, false, true,  true, false,
                                      true,  true, true,  false, true, true};
    struct made_up sweep;
    struct epoch_scores epoch;
    made_up_init(&sweep, &trained.sweep.data);
    expand_text(&sweep, "repeats: 6\n" GRID "  epochs: {values: [1, 2]}\n");
    for (uint32_t order = 0; order < 200; order++) {
        uint32_t places[TRIALS];
        struct model_policy policy;
        bool wanted[TRIALS] = {false};
        assert_int_equal(
            model_policy_init(&policy, &sweep.config, &sweep.space, &sweep.arena, NULL), STATUS_OK);
        random_permutation((struct random_source){3, RANDOM_TEST, order}, places, TRIALS);
        for (size_t i = 0; i < TRIALS; i++) {
            const struct trial_result result = scored(places[i], scores[places[i]], &epoch);
            wanted[places[i]] = model_policy_wants(&policy, &result);
        }
        assert_int_equal(policy.candidates[0].count, MODEL_POLICY_CANDIDATES);
        assert_int_equal(policy.candidates[0].items[0].trial, 10);
        for (size_t i = 0; i < 4; i++) { /* equals in the order of the config */
            static const size_t equals[] = {1, 3, 4, 11};
            assert_int_equal(policy.candidates[0].items[1 + i].trial, equals[i]);
        }
        for (size_t i = 0; i < TRIALS; i++)
            assert_true(wanted[i] || !kept[i]);
        /* In the second round none is better than itself. */
        const struct trial_result last = scored(0, scores[0], &epoch);
        assert_false(model_policy_wants(&policy, &last));
    }
    made_up_release(&sweep);
}

/* Of two loss functions, each has its own candidates: losses are no common scale. */
static void each_quantity_has_candidates(void **state) {
    (void)state;
    struct made_up sweep;
    struct epoch_scores epoch = {.train = {.loss = 1, .accuracy = 1}};
    struct model_policy policy;
    made_up_init(&sweep, &trained.sweep.data);
    expand_text(&sweep, "metric: {name: test_loss}\nrepeats: 10\n" GRID
                        "  loss: {values: [categorical_crossentropy, mean_squared_error]}\n");
    assert_int_equal(model_policy_init(&policy, &sweep.config, &sweep.space, &sweep.arena, NULL),
                     STATUS_OK);
    assert_int_equal(policy.quantity_count, 2);
    for (size_t i = 0; i < 10; i++)
        model_policy_know(&policy, i, 0.1);
    struct trial_result low = scored(10, 1, &epoch), high = scored(9, 1, &epoch);
    low.test.loss = high.test.loss = 0.5;
    assert_true(model_policy_wants(&policy, &low));
    assert_false(model_policy_wants(&policy, &high));
    made_up_release(&sweep);
}

/* --- pictures --- */

static double unit(uint32_t picture, uint32_t number) {
    return random_unit((struct random_source){11, RANDOM_TEST, picture}, number);
}

static double grey_at(const uint8_t *image, double y, double x) {
    const double top = floor(y), left = floor(x);
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        const double row = top + i / 2, column = left + i % 2;
        const double weight = (1 - fabs(y - row)) * (1 - fabs(x - column));
        if (row >= 0 && column >= 0 && row < 28 && column < 28)
            sum += weight * image[(size_t)row * 28 + (size_t)column];
    }
    return sum;
}

/* A photograph of the digit: dark on paper that is shaded, grainy and lit from a side, a few times
 * larger, a little turned, somewhere on the page. */
static void photograph(const uint8_t *image, uint32_t picture, size_t rows, size_t columns,
                       uint8_t *photo) {
    const double turn = 0.2 * (unit(picture, 0) - 0.5), scale = 6 + 4 * unit(picture, 2);
    const double y0 = (double)rows / 2 + 30 * (unit(picture, 4) - 0.5);
    const double x0 = (double)columns / 2 + 60 * (unit(picture, 6) - 0.5);
    const double paper = 170 + 70 * unit(picture, 8), ink = 30 + 50 * unit(picture, 10);
    const double shade_y = 80 * (unit(picture, 12) - 0.5), shade_x = 80 * (unit(picture, 14) - 0.5);
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            const double y = ((double)row - y0) / scale, x = ((double)column - x0) / scale;
            const double grey = grey_at(image, 13.5 + y * cos(turn) - x * sin(turn),
                                        13.5 + x * cos(turn) + y * sin(turn));
            const double light = shade_y * ((double)row / (double)rows - 0.5) +
                                 shade_x * ((double)column / (double)columns - 0.5);
            const double grain =
                16 * (unit(picture, (uint32_t)(100 + 2 * (row * columns + column))) - 0.5);
            const double level = paper + light + grain - grey / 255 * (paper - ink);
            photo[row * columns + column] = (uint8_t)fmin(fmax(level, 0), 255);
        }
}

/* A plain digit and its photograph are taken for the same. */
static void photographs_are_read_as_the_images_are(void **state) {
    (void)state;
    enum { ROWS = 300, COLUMNS = 400 };
    static uint8_t photo[ROWS * COLUMNS];
    const struct dataset *data = &trained.sweep.data;
    size_t plain = 0, same = 0;
    struct arena arena;
    arena_init(&arena);
    for (uint32_t i = 0; plain < 200; i++) {
        uint8_t pixels[784];
        struct photo_checks checks;
        struct error error = {0};
        const uint8_t *image = data->test.pixels + (size_t)i * 784;
        const uint8_t label = data->test.labels[i];
        if (model_class(model_predict(&trained.model, image, false), 10) != label)
            continue;
        plain++;
        photograph(image, i, ROWS, COLUMNS, photo);
        arena_reset(&arena);
        if (photo_normalise(photo, ROWS, COLUMNS, 28, 28, PHOTO_DIGITS_CENTRE, &arena, pixels,
                            &checks, &error) != STATUS_OK)
            fail_msg("%u: %s", i, error.message);
        same += model_class(model_predict(&trained.model, pixels, false), 10) == label;
    }
    arena_release(&arena);
    print_message("%zu of %zu photographs are read as their images\n", same, plain);
    assert_true(same >= 185);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_has_the_scores_of_its_trial),
        cmocka_unit_test(bytes_of_another_shape_are_refused),
        cmocka_unit_test(names_are_kept),
        cmocka_unit_test(data_of_another_shape_are_refused),
        cmocka_unit_test(candidates_are_wanted_in_any_order),
        cmocka_unit_test(each_quantity_has_candidates),
        cmocka_unit_test(photographs_are_read_as_the_images_are),
    };
    return cmocka_run_group_tests_name("model", tests, set_up, tear_down);
}
