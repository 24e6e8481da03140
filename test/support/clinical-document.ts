/** A clinical document (CDA) with everything that people read in one. */
export const CLINICAL_DOCUMENT = `<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet type="text/xsl" href="http://elsewhere/x.xsl"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
  <title>Chest CT report</title>
  <effectiveTime value="20200401114243+0100"/>
  <recordTarget><patientRole><patient>
    <name><given>Nym</given> <family>Pseudo</family></name>
  </patient></patientRole></recordTarget>
  <author><assignedAuthor><assignedPerson><name>Dr. Ada Byron</name></assignedPerson></assignedAuthor></author>
  <component><structuredBody><component><section>
    <code code="18782-3"/><title>Findings</title>
    <text><paragraph>Opacities &lt; 3 cm in <content styleCode="Bold">both</content> lungs,<br/>more left.</paragraph>
      <list listType="ordered"><item>Heart: normal</item><item>Pleura <list><item>left: effusion</item></list></item></list>
      <table><tbody><tr><th>Lobe</th><th>Score</th></tr><tr><td>Lower</td><td>4 cm<sup>2</sup></td></tr></tbody></table>
      <linkHtml href="javascript:alert(1)">a link</linkHtml><renderMultiMedia referencedObject="M1"/></text>
    <entry><observation><text>not for people</text></observation></entry>
    <component><section><title>Impression</title><text>Unchanged.</text></section></component>
  </section></component></structuredBody></component>
</ClinicalDocument>
`;
