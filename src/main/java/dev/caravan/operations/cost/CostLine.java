package dev.caravan.operations.cost;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * The cost of one component in the period.
 *
 * @param price per unit, or null if it is not charged by the unit
 * @param basis how the quantity was derived
 */
public record CostLine(
        String component, BigDecimal quantity, String unit, BigDecimal price, BigDecimal amount, String basis) {

    private static final int DIGITS = 6;
    /** One request costs less than a millionth. */
    private static final int PRICE_DIGITS = 8;

    /** Creates the line of a component that is charged by the unit. */
    static CostLine of(String component, double quantity, String unit, BigDecimal price, String basis) {
        BigDecimal exact = BigDecimal.valueOf(quantity);
        return new CostLine(
                component,
                round(exact, DIGITS),
                unit,
                round(price, PRICE_DIGITS),
                round(exact.multiply(price), DIGITS),
                basis);
    }

    /** Creates the line of a component with a flat price. */
    static CostLine flat(String component, double quantity, String unit, BigDecimal amount, String basis) {
        return new CostLine(
                component, round(BigDecimal.valueOf(quantity), DIGITS), unit, null, round(amount, DIGITS), basis);
    }

    private static BigDecimal round(BigDecimal number, int digits) {
        BigDecimal rounded = number.setScale(digits, RoundingMode.HALF_UP).stripTrailingZeros();
        return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
    }
}
