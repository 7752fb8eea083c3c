package dev.caravan.operations.cost;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * What one component costs in the period.
 *
 * @param price of one unit, or null if it is not charged by the unit
 * @param how how the quantity was come by
 */
public record CostLine(
        String component, BigDecimal quantity, String unit, BigDecimal price, BigDecimal amount, String how) {

    private static final int DIGITS = 6;
    /** A single request costs less than a millionth. */
    private static final int PRICE_DIGITS = 8;

    /** A component that is charged by the unit. */
    static CostLine of(String component, double quantity, String unit, BigDecimal price, String how) {
        BigDecimal exact = BigDecimal.valueOf(quantity);
        return new CostLine(
                component,
                round(exact, DIGITS),
                unit,
                round(price, PRICE_DIGITS),
                round(exact.multiply(price), DIGITS),
                how);
    }

    /** A component that costs the same whatever is used of it. */
    static CostLine flat(String component, double quantity, String unit, BigDecimal amount, String how) {
        return new CostLine(
                component, round(BigDecimal.valueOf(quantity), DIGITS), unit, null, round(amount, DIGITS), how);
    }

    private static BigDecimal round(BigDecimal number, int digits) {
        BigDecimal rounded = number.setScale(digits, RoundingMode.HALF_UP).stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
    }
}
